"""Templates of lines that hold something personal, by family.

<<UPPER>> is a labelled value of values.TYPES, <<lower>> filler of corpus.FILLER; <<idword>> picks a kind of national id and writes
what people call it. A family is split by template into a tuning and a held-back part, see corpus.py.
"""

FAMILIES = {
    "access": r'''
<<IPV4>> - - [<<clf>>] "GET /<<w>>/<<n>> HTTP/1.1" 200 <<n>> "-" "<<agent>>"
<<IPV6>> - - [<<clf>>] "POST /api/<<w>> HTTP/2.0" 500 <<n>> "https://shop.example/<<w>>" "<<agent>>"
<<IPV4>> - - [<<clf>>] "GET /reset?token=<<SESSION>>&lang=en HTTP/1.1" 302 0
<<IPV4>>, <<IPV4>> - - [<<clf>>] "PUT /<<w>> HTTP/1.1" 204 0 rt=0.<<n>>
[<<clf>>] [proxy:error] [pid <<n>>] [client <<IPV4>>:<<port>>] AH01114: failed to make connection to backend
<<ts>> [error] <<n>>#<<n>>: *<<n>> upstream timed out (110: Connection timed out) while reading, client: <<IPV4>>, server: api.example.com, request: "GET /<<w>> HTTP/1.1"
haproxy[<<n>>]: <<IPV4>>:<<port>> [<<clf>>] front~ back/web-2 0/0/1/23/24 200 <<n>> - - ---- 1/1/0/0/0 0/0
GET /account?email=<<EMAIL>>&plan=pro 200 <<n>>ms
GET /api/v2/customers/<<UUID>>/orders?page=<<n>> 404
POST /verify phone=<<PHONE|urlenc>>&code=sent 200
"GET /search?q=<<w>>&api_key=<<API_KEY>> HTTP/1.1" 403 162
DELETE /sessions/current X-Forwarded-For: <<IPV4>>, unknown
1.<<n>> <<n>> <<IPV4>> TCP_MISS/200 <<n>> CONNECT www.<<w>>.example:443 - HIER_DIRECT/<<IPV4>> -
''',
    "syslog": r'''
<<syslogts>> web-<<n>> sshd[<<n>>]: Failed password for invalid user admin from <<IPV4>> port <<port>> ssh2
<<syslogts>> bastion sshd[<<n>>]: Accepted publickey for deploy from <<IPV6>> port <<port>> ssh2
<<syslogts>> mx1 postfix/smtp[<<n>>]: <<hexup>>: to=<<<EMAIL>>>, relay=mx.example.net[<<IPV4>>]:25, delay=1.2, status=sent
<<syslogts>> mx1 postfix/qmgr[<<n>>]: <<hexup>>: from=<<<EMAIL>>>, size=<<n>>, nrcpt=1 (queue active)
<<syslogts>> gw dhcpd[<<n>>]: DHCPACK on <<IPV4>> to <<MAC>> via eth0
<<syslogts>> ap kernel: wlan0: authenticate with <<MAC>>
<<syslogts>> host systemd[1]: Mounted /home/<<USER_PATH>>/mnt.
<<syslogts>> gw hostapd: wlan0: STA <<MAC>> IEEE 802.11: associated (aid 1)
<<syslogts>> dns named[<<n>>]: client @0x7f<<hex8>> <<IPV4>>#<<port>> (<<w>>.example.org): query denied
<<syslogts>> db postgres[<<n>>]: [3-1] FATAL: no pg_hba.conf entry for host "<<IPV4>>", user "app", database "shop"
<<syslogts>> voip asterisk[<<n>>]: NOTICE: Call from '<<PHONE>>' to extension '100' rejected
<<syslogts>> ldap slapd[<<n>>]: conn=<<n>> fd=18 ACCEPT from IP=<<IPV4>>:<<port>> (IP=0.0.0.0:389)
<<syslogts>> fw kernel: [UFW BLOCK] IN=eth0 OUT= SRC=<<IPV4>> DST=<<IPV4>> LEN=40 PROTO=TCP SPT=<<port>> DPT=22
audit: arp reply <<IPV4>> is-at <<MAC>>
''',
    "applog": r'''
<<ts>> INFO  [main] c.e.shop.CheckoutService - payment by card <<CREDIT_CARD>> declined (code <<n>>)
<<ts>> ERROR com.acme.bank.TransferJob: invalid beneficiary account <<IBAN>>
<<ts>> - billing.mandates - WARNING - SEPA mandate for <<IBAN>> expired
WARN  <<ts>> [http-nio-8080-exec-3] o.s.web.client.RestTemplate: 401 for user <<EMAIL>>
{"level":"error","ts":1764.<<n>>,"caller":"api/user.go:118","msg":"duplicate key","email":"<<EMAIL>>","attempt":<<n>>}
{"level":"warn","ts":"<<ts>>","logger":"auth","msg":"bad login","remote":"<<IPV4>>:<<port>>"}
level=error ts=<<ts>> caller=push.go:<<n>> msg="device gone" imei=<<IMEI>>
D, [<<ts>> #<<n>>] DEBUG -- :   User Load (0.4ms)  SELECT "users".* FROM "users" WHERE "users"."email" = '<<EMAIL>>' LIMIT 1
I, [<<ts>> #<<n>>]  INFO -- : Started GET "/<<w>>" for <<IPV4>> at <<ts>>
I, [<<ts>> #<<n>>]  INFO -- :   Parameters: {"utf8"=>"x", "user"=>{"email"=>"<<EMAIL>>", "password"=>"<<PASSWORD>>"}, "commit"=>"Log in"}
[<<ts>>] production.ERROR: Undefined index: <<w>> {"userId":<<n>>,"email":"<<EMAIL>>"} []
<<ts>> [info] Running ShopWeb.Endpoint, peer <<IPV6>>, port <<port>>
django.request WARNING Unauthorized: /api/me (session <<SESSION>>)
[<<w>>] customer phone <<PHONE>> could not be verified
celery.app.trace: Task mail.send[<<UUID>>] succeeded in 0.<<n>>s
{"@timestamp":"<<ts>>","log.level":"ERROR","message":"card <<CREDIT_CARD>> rejected by acquirer","service.name":"pay"}
time="<<ts>>" level=warning msg="lookup failed" vin=<<VIN>> region=eu
kube-apiserver: audit user=<<w>> sourceIPs=["<<IPV4>>"] verb=get
[<<ts>>] local.INFO: SMS an <<PHONE>> gesendet
<<ts>> WARN auth - Anmeldung von <<EMAIL>> fehlgeschlagen
''',
    "exception": r'''
ValueError: invalid card number: <<CREDIT_CARD>>
java.lang.IllegalArgumentException: IBAN <<IBAN>> has wrong length
System.FormatException: The string '<<PHONE>>' is not a valid phone number.
TypeError: Cannot read properties of undefined (reading '<<w>>') for user <<EMAIL>>
RuntimeError: could not deliver message to <<EMAIL>>: mailbox full
ActiveRecord::RecordInvalid: Validation failed: Email <<EMAIL>> has already been taken
panic: dial tcp <<IPV4>>:<<port>>: connect: connection refused
requests.exceptions.ConnectionError: HTTPConnectionPool(host='<<IPV4>>', port=<<port>>): Max retries exceeded with url: /<<w>>
redis.exceptions.ConnectionError: Error 111 connecting to redis://<<URL_AUTH>>@cache:6379/0
PDOException: SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '<<EMAIL>>' for key 'users.email'
org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint "users_email_key" Detail: Key (email)=(<<EMAIL>>) already exists.
psycopg2.errors.UniqueViolation: DETAIL:  Key (iban)=(<<IBAN>>) already exists.
com.mysql.jdbc.exceptions.MySQLDataException: Incorrect date value for column dob='<<DOB>>'
Exception: customer <<NAME>> has no shipping address
Error: ENOENT: no such file or directory, open '/Users/<<USER_PATH>>/Documents/report.pdf'
FileNotFoundError: [Errno 2] No such file or directory: '/home/<<USER_PATH>>/.aws/credentials'
System.IO.FileNotFoundException: Could not find file 'C:\Users\<<USER_PATH>>\AppData\Local\shop\cache.db'.
jwt.exceptions.ExpiredSignatureError: token <<JWT>> expired
InvalidKeyError: key -----BEGIN RSA PRIVATE KEY-----<<PEM_KEY>>-----END RSA PRIVATE KEY----- is too short
stripe.error.AuthenticationError: Invalid API Key provided: <<API_KEY>>
botocore.exceptions.ClientError: The AWS Access Key Id <<API_KEY>> does not exist
ssl.SSLError: handshake with [<<IPV6>>]:443 failed
thread 'main' panicked at 'bad mac address: <<MAC>>', src/net.rs:<<n>>:9
UserNotFound: no user with id <<UUID>>
Zod validation failed: ssn "<<US_SSN>>" already registered
''',
    "sql": r'''
INSERT INTO customers (email, phone) VALUES ('<<EMAIL>>', '<<PHONE>>')
UPDATE users SET password='<<PASSWORD>>' WHERE id=<<n>>
SELECT * FROM accounts WHERE iban = '<<IBAN>>' LIMIT 1
Duplicate entry '<<EMAIL>>' for key 'PRIMARY'
ERROR:  invalid input syntax for type inet: "<<IPV4>>" at character <<n>>
Query failed: SELECT id FROM patients WHERE date_of_birth = '<<DOB>>' AND ward = <<n>>
DELETE FROM sessions WHERE session_id = '<<SESSION>>'
Failing row contains (<<n>>, <<EMAIL>>, active, null).
UPDATE cards SET pan = '<<CREDIT_CARD>>' WHERE customer = <<n>>
INSERT INTO people (ssn) VALUES ('<<US_SSN>>')
SELECT * FROM devices WHERE imei='<<IMEI>>' OR mac='<<MAC>>'
''',
    "http": r'''
Authorization: Bearer <<BEARER>>
> authorization: Basic <<BASIC>>
Proxy-Authorization: Basic <<BASIC>>
Cookie: PHPSESSID=<<SESSION>>; lang=de
Set-Cookie: JSESSIONID=<<SESSION>>; Path=/; HttpOnly; Secure
set-cookie: connect.sid=s%3A<<SESSION>>; Path=/; SameSite=Lax
X-Api-Key: <<API_KEY>>
X-Auth-Token: <<SESSION>>
X-Real-IP: <<IPV4>>
X-Forwarded-For: <<IPV6>>, <<IPV4>>
Forwarded: for=<<IPV4>>;proto=https;by=203.0.113.43|skip
curl -H 'Authorization: Bearer <<JWT>>' https://api.example.com/v1/<<w>>
curl -u <<URL_AUTH>> https://api.example.com/v1|skip
request headers: {'Host': 'api.example.com', 'Authorization': 'Bearer <<BEARER>>', 'Accept': '*/*'}
POST https://api.example.com/oauth/token grant_type=password&password=<<PASSWORD|urlenc>>&scope=all
grant_type=refresh_token&refresh_token=<<SESSION>>&client_id=web
GET https://hooks.example.com/<<w>>?access_token=<<SESSION>> -> 401
fetch https://<<URL_AUTH>>@repo.example.com/npm/<<w>> failed with 403
git clone https://<<URL_AUTH>>@git.example.com/team/<<w>>.git
amqp://<<URL_AUTH>>@rabbit.internal:5672/%2F: ACCESS_REFUSED
mongodb+srv://<<URL_AUTH>>@cluster0.example.net/<<w>>?retryWrites=true
DATABASE_URL=postgresql://<<URL_AUTH>>@db-1:5432/app
{"headers":{"cookie":"session=<<SESSION>>; theme=light","x-trace":"<<n>>"}}
Sec-WebSocket-Protocol: bearer, <<JWT>>
''',
    "json": r'''
{"customer":{"email":"<<EMAIL>>","plan":"pro"},"n":<<n>>}
{"card_number":"<<CREDIT_CARD>>","exp":"12/29","amount":<<n>>}
{"payment":{"iban":"<<IBAN>>","bic":"X"}}
{"phoneNumber": "<<PHONE>>", "verified": false}
{"dateOfBirth":"<<DOB>>","country":"de"}
{"birth_date": "<<DOB>>"}
{"password":"<<PASSWORD>>","remember":true}
{"new_password": "<<PASSWORD>>", "token_type": "bearer"}
{"sessionId":"<<SESSION>>","ttl":<<n>>}
{"client_secret":"<<SESSION>>","grant":"code"}
{"device":{"imei":"<<IMEI>>","mac":"<<MAC>>"}}
{"ssn":"<<US_SSN>>","state":"TX"}
{"firstName":"<<FIRST>>","lastName":"<<LAST>>","age":<<n>>}
{"first_name": "<<FIRST>>", "surname": "<<LAST>>"}
{"full_name":"<<NAME>>","vip":false}
{"customerName":"<<NAME>>","order":<<n>>}
{"location":{"lat":<<LAT>>,"lng":<<LON>>},"accuracy":<<n>>}
{"latitude": "<<LAT>>", "longitude": "<<LON>>"}
{"ip":"<<IPV4>>","ua":"curl"}
{"remoteAddress":"<<IPV6>>","status":<<n>>}
{"wallet":"<<WALLET>>","chain":"main"}
{"vehicle":{"vin":"<<VIN>>","km":<<n>>}}
{\"email\":\"<<EMAIL>>\",\"pin\":null}
body: {\"user\":{\"phone\":\"<<PHONE>>\",\"id\":<<n>>}}
payload={"auth":{"api_key":"<<API_KEY>>"},"v":2}
{"<<idword>>": "<<NATIONAL_ID>>", "ok": true}
{'email': '<<EMAIL>>', 'active': True}
{'user_password': '<<PASSWORD>>', 'retries': <<n>>}
{:email=>"<<EMAIL>>", :id=><<n>>}
User(id=<<n>>, email=<<EMAIL>>, active=true)
Customer{name='<<NAME>>', tier=gold}
map[email:<<EMAIL>> id:<<n>>]
''',
    "kv": r'''
user_email=<<EMAIL>> action=<<w>>
evt=login ip=<<IPV4>> result=fail
src_ip=<<IPV6>> dst_port=<<port>>
phone=<<PHONE>>
mobile: <<PHONE>>
Tel.: <<PHONE>>
dob=<<DOB>> invalid
date of birth: <<DOB>>
geburtsdatum=<<DOB>>
fecha_nacimiento=<<DOB>>
card=<<CREDIT_CARD>> amount=<<n>>
cc: <<CREDIT_CARD>>
account=<<IBAN>> currency=EUR
IBAN: <<IBAN>>
password=<<PASSWORD>> retries=<<n>>
DB_PASSWORD=<<PASSWORD>>
passwd: <<PASSWORD>>
pwd="<<PASSWORD>>" host=db
client_secret=<<SESSION>>
session=<<SESSION>> expired
sid=<<SESSION>>&x=1
PHPSESSID=<<SESSION>>
AWS_SECRET_KEY=<<SESSION>>
API_KEY=<<API_KEY>>
GITHUB_TOKEN=<<API_KEY>>
imei=<<IMEI>>
mac_address=<<MAC>>
vin=<<VIN>>
ssn=<<US_SSN>>
SSN: <<US_SSN>>
btc_address=<<WALLET>>
coordinates=<<COORDINATES>>
lat=<<LAT>> lon=<<LON>>
geo: <<COORDINATES>>
user_id=<<UUID>>
<<idword>>=<<NATIONAL_ID>>
<<idword>>: <<NATIONAL_ID>>
customer_name="<<NAME>>" status=open
first_name=<<FIRST>> last_name=<<LAST>>
fullname: <<NAME>>
nombre="<<NAME>>"
''',
    "csv": r'''
<<n>>,<<EMAIL>>,active,<<n>>
<<n>>;<<EMAIL>>;<<IPV4>>;ok
row <<n>>: "<<EMAIL>>","<<PHONEI>>","<<w>>"
line <<n>>: <<w>>,<<IBAN>>,EUR,<<n>>
<<ts>>,<<IPV4>>,<<w>>,200
<<n>>|<<CREDIT_CARD>>|12/28|<<w>>
<<w>>	<<EMAIL>>	<<UUID>>	<<n>>
''',
    "chat": r'''
Hi, my name is <<NAME>> and my card <<CREDIT_CARD>> was charged twice
Please call me back at <<PHONE>>, thanks
You can reach me on <<EMAIL>> or <<PHONEI>>.
I was born on <<DOB>> and my SSN is <<US_SSN>>
Hallo, meine IBAN lautet <<IBAN>>, bitte erstatten
Bonjour, mon numéro de téléphone est le <<PHONE>>
Hola, mi correo es <<EMAIL>>
Mi chiamo <<NAME>>, la mia mail è <<EMAIL>>
Mijn telefoonnummer is <<PHONE>>
Mój numer telefonu to <<PHONE>>
Meu e-mail é <<EMAIL>>, pode me ajudar?
Mitt telefonnummer är <<PHONE>>
メールは<<EMAIL>>です
请联系<<EMAIL>>谢谢
Мой адрес <<EMAIL>>, перезвоните
telefon: <<PHONE>>, acil
My <<idword>> is <<NATIONAL_ID>>
The password is <<PASSWORD>>|skip
Customer <<NAME>> complained about a delayed parcel
assigned ticket <<n>> to <<NAME>>|skip
my home is at <<COORDINATES>>
send it to my wallet <<WALLET>>
''',
    "mail": r'''
Dear <<NAME>>, your order <<n>> has shipped.
Sehr geehrte Frau <<NAME>>, Ihre Bestellung ist da.
Sehr geehrter Herr <<NAME>>,
Cher Monsieur <<NAME>>, votre commande est prête.
Estimada Sra. <<NAME>>:
Gentile Sig. <<NAME>>, il suo pacco è arrivato.
Geachte heer <<NAME>>,
From: <<NAME>> <<<EMAIL>>>
To: "<<NAME>>" <<<EMAIL>>>
Reply-To: <<EMAIL>>
Mr. <<NAME>> did not answer
Patient: <<NAME>>, born <<DOB>>
Tel. <<PHONE>> | Fax <<PHONE>>
Mobile: <<PHONE>>
mailto:<<EMAIL>>?subject=<<w>>
Bounce: <<EMAIL>>: host mx.example.org[<<IPV4>>] said: 550 5.1.1 unknown
mail sent to <<EMAIL|html>> in <<n>> ms
''',
    "plain": r'''
customer <<NAME>> not found
sms to <<PHONE>> bounced
charge of card <<CREDIT_CARD>> failed
payout to <<IBAN>> rejected
peer <<IPV6>> timed out after <<n>>s
connection from [<<IPV6>>]:<<port>> closed
ping <<IPV4>>: no answer
session <<UUID>> expired
account <<UUID>> locked
device <<MAC>> left
imei <<IMEI>> blocked
invalid token <<JWT>>
Invalid API key: <<API_KEY>>
export SLACK=<<API_KEY>>
leaked key <<API_KEY>> found in commit <<hex8>>
open /home/<<USER_PATH>>/src/app.py: permission denied
at C:\Users\<<USER_PATH>>\source\repos\app\Program.cs:line <<n>>
at /Users/<<USER_PATH>>/dev/app/node_modules/<<w>>/index.js:<<n>>:11
file:///home/<<USER_PATH>>/<<w>>.html
ssn <<US_SSN>> on file
bitcoin sent to <<WALLET>>
transfer to <<WALLET>> confirmed
VIN <<VIN>> recalled
position <<COORDINATES>> reported
<<idword>> <<NATIONAL_ID>> is invalid
bearer <<BEARER>> rejected
callback?code=ok&id_token=<<JWT>>
''',
    "markup": r'''
<email><<EMAIL>></email>
<Customer><Phone><<PHONE>></Phone><FullName><<NAME>></FullName></Customer>
<ns2:iban><<IBAN>></ns2:iban>
<card number="<<CREDIT_CARD>>" exp="1228"/>
<input type="hidden" name="csrf_token" value="<<SESSION>>">
<add key="ApiKey" value="<<API_KEY>>" />
<connectionString>Server=db;Database=shop;User Id=sa;Password=<<PASSWORD>>;</connectionString>
<a href="mailto:<<EMAIL>>">write</a>
<ssn><<US_SSN>></ssn>
<dateOfBirth><<DOB>></dateOfBirth>
<password><<PASSWORD>></password>
<wsse:Password Type="PasswordText"><<PASSWORD>></wsse:Password>
<gpx lat="<<LAT>>" lon="<<LON>>">
<p>Kundin: <<NAME>></p>
email: <<EMAIL>> # yaml
  password: "<<PASSWORD>>"
[client]\npassword=<<PASSWORD>>\nhost=db
''',
    "repr": r'''
User(name='<<NAME>>', email='<<EMAIL>>')
OrderedDict([('email', '<<EMAIL>>'), ('n', <<n>>)])
<User: <<EMAIL>>>
#<User id: <<n>>, email: "<<EMAIL>>", phone: "<<PHONE>>">
Payment { card: "<<CREDIT_CARD>>", amount: <<n>> }
Some(Account { iban: "<<IBAN>>" })
&{Name:<<NAME>> Age:<<n>>}|skip
{Email:<<EMAIL>> Active:true}
Array ( [email] => <<EMAIL>> [role] => admin )
array(2) { ["password"]=> string(9) "<<PASSWORD>>" }
{email=<<EMAIL>>, roles=[admin]}
Customer [phone=<<PHONE>>, city=<<w>>]
%{email: "<<EMAIL>>", id: <<n>>}
(email: <<EMAIL>>)
Person(firstName=<<FIRST>>, lastName=<<LAST>>, age=<<n>>)
record Client { Email = <<EMAIL>>, Mobile = <<PHONE>> }
{ sessionToken: '<<SESSION>>', expires: <<n>> }
dict(api_key="<<API_KEY>>")
{"k":"dateOfBirth","v":"<<DOB>>"}|skip
args: ('<<EMAIL>>', <<n>>)
params=["<<EMAIL>>","<<IPV4>>"]
[<<n>>, "<<PHONEI>>", null]
HttpHeaders{authorization=[Bearer <<BEARER>>], accept=[*/*]}
Headers { authorization: 'Bearer <<JWT>>', host: 'x' }
["Authorization", "Basic <<BASIC>>"]
''',
    "protocol": r'''
INVITE sip:<<EMAIL>> SIP/2.0
LDAP bind failed: mail=<<EMAIL>>,ou=people,dc=example,dc=com
TEL;TYPE=CELL:<<PHONE>>
EMAIL;TYPE=INTERNET:<<EMAIL>>
ORGANIZER;CN=x:mailto:<<EMAIL>>
BDAY:<<DOB>>
220 mx ESMTP; RCPT TO:<<<EMAIL>>>
MAIL FROM:<<<EMAIL>>> SIZE=<<n>>
Received: from mail ([<<IPV4>>]) by mx.example.org with ESMTPS
AUTH <<PASSWORD>> -> WRONGPASS|skip
:59:/<<IBAN>>
jdbc:mysql://db:3306/shop?user=app&password=<<PASSWORD|urlenc>>&useSSL=true
Data Source=db;Initial Catalog=shop;User ID=sa;Password=<<PASSWORD>>;Encrypt=true
smtp://<<URL_AUTH>>@mail.example.org:587
ftp://<<URL_AUTH>>@files.example.net/in
arp: <<MAC>> claims <<IPV4>>
inet6 <<IPV6>> prefixlen 64 scopeid 0x4
inet <<IPV4>> netmask 0xffffff00 broadcast
ether <<MAC>>
default via <<IPV4>> dev eth0 proto dhcp
nslookup 5.<<n>>: server <<IPV4>>#53
tcp 0 0 <<IPV4>>:<<port>> <<IPV4>>:443 ESTABLISHED
dial tcp [<<IPV6>>]:<<port>>: i/o timeout
rtsp://<<URL_AUTH>>@camera-3/stream1
wss://ws.example.com/socket?token=<<JWT>>
https://example.com/unsubscribe?email=<<EMAIL|urlenc>>&id=<<n>>
https://example.com/track?lat=<<LAT>>&lng=<<LON>>
GET /v1/lookup/<<PHONEI|urlenc>> 404
https://app.example.com/#access_token=<<SESSION>>&token_type=bearer
wss?sid=<<SESSION>>&EIO=4
''',
    "langs": r'''
Kunde <<NAME>> hat storniert
client <<NAME>> introuvable
cliente <<NAME>> no encontrado
Kontoinhaber: <<NAME>>, IBAN: <<IBAN>>
Ansprechpartner: <<NAME>>
Vorname: <<FIRST>>, Nachname: <<LAST>>
prénom=<<FIRST>> nom=<<LAST>>
apellidos: <<LAST>>
imię i nazwisko: <<NAME>>
Telefonnummer: <<PHONE>>
téléphone : <<PHONE>>
teléfono: <<PHONE>>
telefone: <<PHONE>>
電話番号: <<PHONE>>
тел.: <<PHONE>>
cep telefonu: <<PHONE>>
Rückruf bitte unter <<PHONE>>
née le <<DOB>>
geboren am <<DOB>>
data di nascita: <<DOB>>
data urodzenia: <<DOB>>
Födelsedatum: <<DOB>>
дата рождения: <<DOB>>
生年月日: <<DOB>>
Passwort: <<PASSWORD>>
mot de passe : <<PASSWORD>>
contraseña=<<PASSWORD>>
senha: <<PASSWORD>>
hasło: <<PASSWORD>>
пароль: <<PASSWORD>>
wachtwoord=<<PASSWORD>>
パスワード: <<PASSWORD>>
Kreditkarte <<CREDIT_CARD>> abgelehnt
carte bancaire <<CREDIT_CARD>> refusée
tarjeta <<CREDIT_CARD>> rechazada
cartão <<CREDIT_CARD>> recusado
карта <<CREDIT_CARD>> отклонена
virement vers <<IBAN>> refusé
bonifico su <<IBAN>> respinto
''',
}
