"""Lines of log and error text as real programs write them: frameworks, databases, servers, mail, shells, markup, other languages.

Written from what their authors print, not from what the rules know. LINES holds values to find, HARD what only looks like one;
`\\n` in a line stands for a line break where the program prints one."""

LINES = r'''
2026-11-21 10:12:44.318  WARN 1 --- [nio-8080-exec-7] c.a.s.web.AccountController : Duplicate registration attempt for <<EMAIL>>
2026-11-21 10:12:44,318 [pool-3-thread-2] ERROR c.a.mail.Mailer - Could not send mail to [<<EMAIL>>]
javax.mail.SendFailedException: Invalid Addresses; nested: com.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 <<<EMAIL>>>: user unknown
Caused by: org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint "uq_email"\n  Detail: Key (email)=(<<EMAIL>>) already exists.
ERROR:  duplicate key value violates unique constraint "customers_phone_key"\nDETAIL:  Key (phone)=(<<PHONE>>) already exists.
DETAIL:  Key (tenant_id, email)=(4, <<EMAIL>>) already exists.
DETAIL:  Failing row contains (182, <<EMAIL>>, 2024-02-11 10:00:00, null, f).
STATEMENT:  UPDATE users SET email = '<<EMAIL>>', updated_at = now() WHERE id = 441
LOG:  execute <unnamed>: INSERT INTO sessions(id, ip) VALUES ($1, $2)\nDETAIL:  parameters: $1 = '81', $2 = '<<IPV4>>'
DETAIL:  parameters: $1 = '<<EMAIL>>', $2 = '44'
parameters: $1 = '<<PHONEI>>', $2 = 'sms'
ERROR 1062 (23000) at line 8: Duplicate entry '<<EMAIL>>' for key 'users.uniq_email'
Duplicate entry '<<EMAIL>>-4' for key 'users.uniq_email_tenant'
Duplicate entry '<<IBAN>>' for key 'bank_accounts.iban'
ORA-00001: unique constraint (APP.UK_MAIL) violated: value <<EMAIL>>
Violation of UNIQUE KEY constraint 'UQ_Users'. Cannot insert duplicate key in object 'dbo.Users'. The duplicate key value is (<<EMAIL>>).
E11000 duplicate key error collection: app.users index: email_1 dup key: { email: "<<EMAIL>>" }
E11000 duplicate key error collection: app.users index: phone_1 dup key: { phone: "<<PHONE>>" }
MongoServerError: E11000 duplicate key error ... dup key: { cardNumber: "<<CREDIT_CARD>>" }
{"t":{"$date":"2026-11-21T09:00:01.123+00:00"},"s":"I","c":"ACCESS","id":20250,"ctx":"conn12","msg":"Authentication succeeded","attr":{"remote":"<<IPV4>>:51422"}}
{"t":{"$date":"2026-11-21T09:00:01.123+00:00"},"s":"I","c":"NETWORK","msg":"Connection accepted","attr":{"remote":"[<<IPV6>>]:51422","connectionId":12}}
<<IPV4>> - - [21/Nov/2026:10:01:33 +0000] "GET /api/orders HTTP/1.1" 200 512 "-" "curl/8.5.0"
<<IPV6>> - - [21/Nov/2026:10:01:33 +0000] "POST /login HTTP/2.0" 302 0 "https://shop.example/" "Mozilla/5.0"
2026/11/21 10:01:33 [error] 31#31: *4412 connect() failed (111: Connection refused) while connecting to upstream, client: <<IPV4>>, server: shop.example, request: "GET /x HTTP/1.1"
2026/11/21 10:01:33 [error] 31#31: *9 upstream timed out, client: <<IPV6>>, server: _, request: "GET / HTTP/1.1"
[Sat Nov 21 10:01:33.123456 2026] [proxy:error] [pid 41:tid 139] [client <<IPV4>>:51234] AH00898: Error reading from remote server
haproxy[812]: <<IPV4>>:51204 [21/Nov/2026:10:01:33.101] https~ api/api-2 0/0/1/23/24 200 812 - - ---- 12/12/0/0/0 0/0 "GET /v1 HTTP/1.1"
"GET /reset?email=<<EMAIL|urlenc>>&t=1 HTTP/1.1" 404
"GET /api/v1/check?phone=<<PHONE|urlenc>>&src=web HTTP/1.1" 200
"GET /callback?session_state=<<UUID>>&code=ok HTTP/1.1" 302
"POST /api/users/<<UUID>>/avatar HTTP/1.1" 413
"GET /pay?iban=<<IBAN|urlenc>>&amount=12 HTTP/1.1" 400
http: TLS handshake error from <<IPV4>>:51822: remote error: tls: bad certificate
http: TLS handshake error from [<<IPV6>>]:51822: EOF
time=2026-11-21T10:00:00Z level=ERROR msg="login failed" email=<<EMAIL>> attempts=3
time=2026-11-21T10:00:00Z level=WARN msg="sms rejected" to=<<PHONEI>> provider=x
ts=2026-11-21T10:00:00Z caller=main.go:88 level=error err="parse card \"<<CREDIT_CARD>>\": bad exp"
level=error msg="could not charge" card_number="<<CREDIT_CARD>>" err="declined"
level=info msg=request remote_ip=<<IPV4>> method=GET path=/ status=200
level=info remote_addr="[<<IPV6>>]:4411" uri=/healthz
2026/11/21 10:00:00 main.go:42: user {ID:7 Email:<<EMAIL>> Phone:<<PHONE>> Active:true}
2026/11/21 10:00:00 payload: &{Card:<<CREDIT_CARD>> Exp:12/29 Amount:1200}
panic: runtime error: invalid email <<EMAIL>> [recovered]
goroutine 1 [running]: main.lookup({0xc0000b4000, 0x18}, "<<EMAIL>>")
fmt.Errorf: dial tcp <<IPV4>>:5432: connect: connection refused
dial tcp: lookup db on [<<IPV6>>]:53: no such host
rpc error: code = NotFound desc = account <<UUID>> not found
rpc error: code = InvalidArgument desc = phone "<<PHONE>>" is not valid
rpc error: code = Unauthenticated desc = token <<JWT>> is expired
E1121 10:00:00.123456       1 auth.go:77] invalid bearer: Bearer <<BEARER>>
E1121 10:00:00.123456   1 webhook.go:12] failed calling webhook: Post "https://<<URL_AUTH>>@hooks.svc:443/x": EOF
Warning  FailedMount  kubelet  Unable to attach or mount: secret password=<<PASSWORD>>
audit: user.username="<<EMAIL>>" verb=delete resource=pods
Traceback (most recent call last):\n  File "/home/<<USER_PATH>>/app/main.py", line 3, in <module>\nKeyError: 'x'
  File "/Users/<<USER_PATH>>/.pyenv/versions/3.12.1/lib/python3.12/site.py", line 12, in x
  File "C:\\Users\\<<USER_PATH>>\\AppData\\Local\\Programs\\Python\\Python312\\lib\\json.py", line 3
   at Shop.Program.Main() in C:\Users\<<USER_PATH>>\source\repos\Shop\Program.cs:line 14
   at Shop.Data.Repo.Find(String email) in /home/<<USER_PATH>>/work/shop/Repo.cs:line 88
PHP Fatal error:  Uncaught Error in /home/<<USER_PATH>>/public_html/index.php:4
PHP Warning:  include(/home/<<USER_PATH>>/www/cfg.php): failed to open stream
/home/<<USER_PATH>>/.rbenv/versions/3.3.0/bin/ruby: cannot load such file -- rails
npm ERR! path /Users/<<USER_PATH>>/code/web/package.json
npm ERR! code EACCES /home/<<USER_PATH>>/.npm/_cacache
java.io.FileNotFoundException: /home/<<USER_PATH>>/uploads/a.csv (Permission denied)
java.nio.file.NoSuchFileException: C:\Users\<<USER_PATH>>\Documents\a.xlsx
Could not open '/Users/<<USER_PATH>>/Library/Application Support/Shop/state.json'
error: open("\/home\/<<USER_PATH>>\/a.txt"): EACCES
vscode-file://vscode-app/c:/Users/<<USER_PATH>>/AppData/Local/x.js
file:///C:/Users/<<USER_PATH>>/Downloads/report.pdf
file:///Users/<<USER_PATH>>/Desktop/x.html
{"cwd":"/home/<<USER_PATH>>/proj","argv":["node","x.js"]}
{"path":"C:\\Users\\<<USER_PATH>>\\Desktop\\x.txt","code":"EPERM"}
HOME=/home/<<USER_PATH>> SHELL=/bin/bash
WorkingDirectory=/home/<<USER_PATH>>
System.InvalidOperationException: User '<<EMAIL>>' was not found.
Microsoft.AspNetCore.Identity.UserManager[0] User <<EMAIL>> failed password validation
System.ArgumentException: Invalid phone '<<PHONE>>' (Parameter 'phone')
System.FormatException: IBAN '<<IBAN>>' failed checksum
System.Net.Http.HttpRequestException: Connection refused (<<IPV4>>:8443)
System.Data.SqlClient.SqlException: Login failed. Server=db;User Id=app;Password=<<PASSWORD>>;TrustServerCertificate=True
Executed DbCommand (3ms) [Parameters=[@p0='<<EMAIL>>' (Size = 256), @p1='7'], CommandType='Text']
fail: Shop.Payments[0]\n      Charge failed for card <<CREDIT_CARD>>
Request starting HTTP/2 GET https://shop.example/api/user?email=<<EMAIL|urlenc>> - -
Rails: Parameters: {"authenticity_token"=>"<<SESSION>>", "user"=>{"email"=>"<<EMAIL>>"}, "commit"=>"Sign in"}
  Parameters: {"user"=>{"phone"=>"<<PHONE>>", "birth_date"=>"<<DOB>>"}}
  Parameters: {"card"=>{"number"=>"<<CREDIT_CARD>>", "cvc"=>"[FILTERED]"}}
  Parameters: {"password"=>"<<PASSWORD>>", "remember_me"=>"1"}
Started POST "/users/sign_in" for <<IPV4>> at 2026-11-21 10:00:00 +0000
Started GET "/" for <<IPV6>> at 2026-11-21 10:00:00 +0000
ActiveRecord::RecordNotFound (Couldn't find User with [WHERE "users"."email" = $1 LIMIT $2]  [["email", "<<EMAIL>>"], ["LIMIT", 1]]):
  User Load (0.5ms)  SELECT "users".* FROM "users" WHERE "users"."phone" = ? LIMIT ?  [["phone", "<<PHONE>>"], ["LIMIT", 1]]
#<ActionController::Parameters {"email"=>"<<EMAIL>>", "iban"=>"<<IBAN>>"} permitted: false>
#<Customer id: 12, first_name: "<<FIRST>>", last_name: "<<LAST>>", created_at: "2024-01-01">
[2026-11-21 10:00:00] production.ERROR: Client error: `POST https://api.example` resulted in a `401` {"email":"<<EMAIL>>","exception":"[object]"}
[2026-11-21T10:00:00.1+00:00] app.CRITICAL: Uncaught PHP Exception: "SMS to <<PHONE>> failed" at SmsService.php line 8 []
array:2 [▼ "email" => "<<EMAIL>>" "active" => true ]
array(1) {\n  ["email"]=>\n  string(21) "<<EMAIL>>"\n}
stdClass Object ( [phone] => <<PHONE>> [iban] => <<IBAN>> )
object(User)#4 (2) { ["email"]=> string(12) "<<EMAIL>>" ["ip"]=> string(9) "<<IPV4>>" }
postfix/smtp[812]: 4F2A61C0: to=<<<EMAIL>>>, relay=mx.example.org[<<IPV4>>]:25, delay=1.2, dsn=5.1.1, status=bounced
postfix/smtpd[99]: connect from unknown[<<IPV4>>]
postfix/smtpd[99]: NOQUEUE: reject: RCPT from mail.example.net[<<IPV4>>]: 554 5.7.1 <<<EMAIL>>>: Relay access denied; from=<<<EMAIL>>>
dovecot: auth: passwd-file(<<EMAIL>>,<<IPV4>>): Password mismatch
exim[12]: 1rXyZ-0001 <= <<EMAIL>> H=(mail) [<<IPV4>>] P=esmtps S=1200
sshd[812]: Failed password for invalid user admin from <<IPV4>> port 51234 ssh2
sshd[812]: Accepted publickey for deploy from <<IPV6>> port 51234 ssh2: ED25519 SHA256:abc
kernel: [UFW BLOCK] IN=eth0 OUT= MAC=<<MAC>> SRC=<<IPV4>> LEN=40
kernel: wlan0: authenticate with <<MAC>>
dhcpd: DHCPACK on <<IPV4>> to <<MAC>> (android-1) via eth0
hostapd: wlan0: STA <<MAC>> IEEE 802.11: disassociated
dnsmasq-dhcp[99]: DHCPREQUEST(br0) <<IPV4>> <<MAC>>
BluetoothAdapter: connectGatt() - device: <<MAC>>, auto: false
{"device":{"mac":"<<MAC>>","rssi":-61}}
hwaddr=<<MAC>> link=up
ether <<MAC>> txqueuelen 1000
arp who-has <<IPV4>> tell <<IPV4>>
WifiService: BSSID <<MAC>> blacklisted
telephony: getDeviceId() = <<IMEI>>
{"imei":"<<IMEI>>","model":"SM-G991B"}
IMEI/MEID mismatch: <<IMEI>>
ERROR [mdm] device IMEI <<IMEI>> not enrolled
enroll failed imei: "<<IMEI>>"
<imei><<IMEI>></imei>
device_imei=<<IMEI>>&os=android
imei1=<<IMEI>> imei2=<<IMEI>>
IMEI number <<IMEI>> is blacklisted
手机IMEI：<<IMEI>>
curl -H "Authorization: Bearer <<BEARER>>" https://api.example.com
curl -H 'X-Api-Key: <<API_KEY>>' https://api.example.com/v2
curl -d '{"email":"<<EMAIL>>","password":"<<PASSWORD>>"}' https://example.com/login
curl -b 'sessionid=<<SESSION>>' https://example.com/me
wget --header="Authorization: Bearer <<JWT>>" https://x.example/a
psql "postgresql://<<URL_AUTH>>@db.example:5432/app?sslmode=require"
redis-cli -u redis://<<URL_AUTH>>@cache:6379 ping
docker login -u ci -p <<PASSWORD>> registry.example
mysql -h db -u app --password=<<PASSWORD>> shop
sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at "db" (<<IPV4>>), port 5432 failed: FATAL
[parameters: {'iban': '<<IBAN>>', 'owner': 3}]
pydantic_core._pydantic_core.ValidationError: 1 validation error for User\nemail\n  value is not a valid email address [type=value_error, input_value='<<EMAIL>>', input_type=str]
pydantic: phone\n  Value error, bad [type=value_error, input_value={'phone': '<<PHONE>>'}, input_type=dict]
marshmallow.exceptions.ValidationError: {'date_of_birth': '<<DOB>> not a valid date'}
ValueError: time data 'birth_date=<<DOB>>' does not match format
KeyError: '<<EMAIL>>'
KeyError: UUID('<<UUID>>')
celery: Task accounts.sync(user_id='<<UUID>>') raised
AssertionError: '<<EMAIL>>' != None
requests.exceptions.HTTPError: 404 Client Error: Not Found for url: https://api.example/users/<<EMAIL|urlenc>>
requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://api.example/v1?api_key=<<API_KEY>>
requests.exceptions.HTTPError: 400 for url: https://api.example/send?to=<<PHONEI|urlenc>>&text=hi
urllib3.exceptions.NewConnectionError: <urllib3.connection.HTTPSConnection object at 0x7f1>: Failed to establish a new connection to <<IPV4>>
aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host <<IPV4>>:443 ssl:default
botocore.exceptions.ClientError: InvalidAccessKeyId: <<API_KEY>>
openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided: <<API_KEY>>. You can find'}}
stripe.error.CardError: card <<CREDIT_CARD>> was declined
twilio.base.exceptions.TwilioRestException: HTTP 400 error: The 'To' number <<PHONEI>> is not a valid phone number.
Error: Invalid `prisma.user.create()` invocation: Unique constraint failed: email = "<<EMAIL>>"
UnhandledPromiseRejectionWarning: Error: no such user <<EMAIL>>
TypeError: Failed to parse URL from https://<<URL_AUTH>>@api.example/v1
AxiosError: Request failed with status code 401 { headers: { Authorization: 'Bearer <<BEARER>>' } }
AxiosError { config: { data: '{"email":"<<EMAIL>>","password":"<<PASSWORD>>"}' } }
{ email: '<<EMAIL>>', iban: '<<IBAN>>', n: 4 }
[Object: null prototype] { phone: '<<PHONE>>', ok: true }
Map(2) { 'email' => '<<EMAIL>>', 'x' => 1 }
ValidationError: User validation failed: email: Path `email` (`<<EMAIL>>`) is invalid.
CastError: Cast to ObjectId failed for value "<<UUID>>" (type string) at path "_id"
MongoError: connect ECONNREFUSED <<IPV4>>:27017
Error: connect ETIMEDOUT <<IPV4>>:443
Error: getaddrinfo ENOTFOUND; client [<<IPV6>>]
GraphQL error: Variable "$input" got invalid value { email: "<<EMAIL>>" }; Field "name" was not provided
mutation { signup(email: "<<EMAIL>>", password: "<<PASSWORD>>") { id } }
query { userByPhone(phone: "<<PHONE>>") { id } }
{"query":"mutation($c:String!){pay(card:$c){id}}","variables":{"c":"<<CREDIT_CARD>>"}}
{"variables":{"input":{"email":"<<EMAIL>>","firstName":"<<FIRST>>","lastName":"<<LAST>>"}}}
{"variables":{"dateOfBirth":"<<DOB>>","ssn":"<<US_SSN>>"}}
<soap:Body><GetUser><Email><<EMAIL>></Email></GetUser></soap:Body>
<ns1:CardNumber><<CREDIT_CARD>></ns1:CardNumber>
<Person><FirstName><<FIRST>></FirstName><LastName><<LAST>></LastName></Person>
<soapenv:Header><wsse:Password><<PASSWORD>></wsse:Password></soapenv:Header>
<customer phone="<<PHONE>>" email="<<EMAIL>>"/>
<BirthDate><<DOB>></BirthDate>
<SSN><<US_SSN>></SSN>
<IBAN><<IBAN>></IBAN><BIC>DEUTDEFF</BIC>
<DbtrAcct><Id><IBAN><<IBAN>></IBAN></Id></DbtrAcct>
<PhneNb><<PHONE>></PhneNb>
<property name="password" value="<<PASSWORD>>"/>
&lt;email&gt;<<EMAIL>>&lt;/email&gt;
&lt;password&gt;<<PASSWORD>>&lt;/password&gt;
&quot;email&quot;:&quot;<<EMAIL>>&quot;
&quot;phone&quot;:&quot;<<PHONE>>&quot;
&quot;password&quot;:&quot;<<PASSWORD>>&quot;
Contact us: <<EMAIL|html>>
%7B%22email%22%3A%22<<EMAIL|urlenc>>%22%7D
%7B%22password%22%3A%22<<PASSWORD|urlenc>>%22%7D
email%3D<<EMAIL|urlenc>>%26x%3D1
redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Ftoken%3D<<SESSION>>%26x%3D1
{"body":"{\"email\":\"<<EMAIL>>\",\"n\":1}"}
{"body":"{\"password\":\"<<PASSWORD>>\",\"n\":1}"}
{"body":"{\\\"phone\\\":\\\"<<PHONE>>\\\"}"}
"{\"ssn\":\"<<US_SSN>>\",\"dob\":\"<<DOB>>\"}"
{"payload":"{\"card\":{\"number\":\"<<CREDIT_CARD>>\",\"exp\":\"12/29\"}}"}
{"log":"2026-11-21T10:00:00 user <<EMAIL>> logged in\n","stream":"stdout"}
{"user":{"first_name":"<<FIRST>>","last_name":"<<LAST>>"},"ok":true}
{"billing":{"name_on_card":"<<NAME>>","number":"<<CREDIT_CARD>>"}}
{"recipient":{"full_name":"<<NAME>>","phone":"<<PHONE>>"}}
{"patient":{"name":"<<NAME>>","birthDate":"<<DOB>>"}}
{"customer":{"name":"<<NAME>>"},"total":12}
{"given_name":"<<FIRST>>","family_name":"<<LAST>>","email_verified":true}
{"attributes":{"client.address":"<<IPV4>>","http.route":"/x"}}
{"network.peer.address":"<<IPV6>>","network.peer.port":443}
{"session":{"id":"<<SESSION>>","ttl":30}}
{"session_token":"<<SESSION>>"}
{"refreshToken":"<<SESSION>>","expiresIn":3600}
{"csrfToken":"<<SESSION>>"}
{"sid":"<<SESSION>>","uid":4}
{"X-Auth-Token":"<<SESSION>>"}
{"headers":{"Cookie":"sid=<<SESSION>>; lang=de"}}
"set-cookie": ["sid=<<SESSION>>; Path=/; HttpOnly"]
Cookie: _shop_session=<<SESSION>>; _ga=GA1
Cookie: wordpress_logged_in_x=<<SESSION>>; wp=1
Cookie: __Host-session=<<SESSION>>
cookie: AUTH_SESSION_ID=<<SESSION>>; KC=1
cookies: {'sessionid': '<<SESSION>>', 'lang': 'de'}
Session <<SESSION>> not found in store
session id=<<SESSION>> invalidated
invalid session id: <<SESSION>>
Could not resume session "<<SESSION>>": expired
No session found for id [<<SESSION>>]
session=<<SESSION>>;user=4
sess_id: <<SESSION>>
wss connect ?session_id=<<SESSION>>&v=2
/app;jsessionid=<<SESSION>>?x=1
GET /socket.io/?EIO=4&transport=polling&sid=<<SESSION>> 400
redis GET sess:<<SESSION>> -> nil
redis: DEL session:<<SESSION>>
Sessão <<SESSION>> expirada
Sitzung <<SESSION>> abgelaufen
сессия <<SESSION>> истекла
Bearer token '<<BEARER>>' is invalid
"authorization": "Bearer <<BEARER>>"
authorization=Bearer+<<BEARER>>&x=1
Authorization: Token <<BEARER>>
authorization: bearer <<BEARER>>
-H "authorization: Bearer <<BEARER>>"
access_token=<<BEARER>>
access token: <<BEARER>>
'Authorization': b'Bearer <<BEARER>>'
Authorization header was "Bearer <<BEARER>>"
rejected: Bearer <<BEARER>>, reason: expired
HTTP/1.1 401 Unauthorized\r\nAuthorization: Bearer <<BEARER>>\r\nHost: x
"Authorization" => "Bearer <<BEARER>>"
Authorization=[Bearer <<BEARER>>]
Authorization: Basic <<BASIC>>
proxy-authorization: Basic <<BASIC>>
"auth": "Basic <<BASIC>>"
io.jsonwebtoken.ExpiredJwtException: JWT <<JWT>> expired at 2026-11-21T10:00:00Z
jwt malformed: <<JWT>>
token: <<JWT>>
{"idToken":"<<JWT>>","exp":1}
?access_token=<<JWT>>&x=1
#id_token=<<JWT>>&state=x
'<<JWT>>' could not be verified
Set-Cookie: auth=<<JWT>>; Path=/
JsonWebTokenError: invalid signature (<<JWT>>)
Signed with unknown kid: <<JWT>>
OPENAI_API_KEY=<<API_KEY>>
api_key: "<<API_KEY>>"
apikey=<<API_KEY>>&q=x
Invalid API key '<<API_KEY>>'
{"api_key":"<<API_KEY>>"}
key: <<API_KEY>> (revoked)
using credentials <<API_KEY>>
X-Api-Key: <<API_KEY>>
webhook secret <<API_KEY>> mismatch
fatal: Authentication failed for 'https://<<API_KEY>>@github.com/a/b.git/'
STRIPE_KEY: <<API_KEY>>
"stripe": {"key": "<<API_KEY>>"}
export TOKEN="<<API_KEY>>"
ENV NPM_TOKEN <<API_KEY>>
Found possible leak: <<API_KEY>> at line 4
provider.apiKey = '<<API_KEY>>'
Slack API error invalid_auth for <<API_KEY>>
password: <<PASSWORD>>
Password="<<PASSWORD>>"
user=app password=<<PASSWORD>> host=db
passwd=<<PASSWORD>>
{"user":"app","pwd":"<<PASSWORD>>"}
{'password': '<<PASSWORD>>', 'x': 1}
password => <<PASSWORD>>
"db_password":"<<PASSWORD>>"
DB_PASS=<<PASSWORD>>
MYSQL_ROOT_PASSWORD: <<PASSWORD>>
SMTP_PASSWORD="<<PASSWORD>>"
spring.mail.password=<<PASSWORD>>
Wrong password '<<PASSWORD>>' for user 4
login failed: password=<<PASSWORD>>&remember=1
the password is "<<PASSWORD>>"
pass=<<PASSWORD>>
:password=>"<<PASSWORD>>"
password=[<<PASSWORD>>]
Pwd=<<PASSWORD>>;Database=x
new_password=<<PASSWORD>>&confirm_password=<<PASSWORD>>
old_password: '<<PASSWORD>>'
client_secret=<<PASSWORD>>
"secret": "<<PASSWORD>>"
LDAP: bind dn="cn=x" password="<<PASSWORD>>" failed
ALTER USER app WITH PASSWORD '<<PASSWORD>>'
CREATE USER app IDENTIFIED BY '<<PASSWORD>>'
sshpass -p '<<PASSWORD>>' ssh host
mot de passe: <<PASSWORD>>
Passwort=<<PASSWORD>>
contraseña: <<PASSWORD>>
пароль=<<PASSWORD>>
密码：<<PASSWORD>>
パスワード：<<PASSWORD>>
비밀번호: <<PASSWORD>>
كلمة المرور: <<PASSWORD>>
fetch https://<<URL_AUTH>>@repo.example/a.git
postgres://<<URL_AUTH>>@db:5432/app
mongodb://<<URL_AUTH>>@m1,m2/app?replicaSet=rs
redis://<<URL_AUTH>>@cache:6379/1
"url":"https://<<URL_AUTH>>@api.example/x"
amqps://<<URL_AUTH>>@mq.example/vhost
DATABASE_URL="mysql://<<URL_AUTH>>@db/app"
pip install --index-url https://<<URL_AUTH>>@pypi.example/simple x
remote: HTTP Basic: Access denied for https://<<URL_AUTH>>@gitlab.example/a/b.git
CONNECT http://<<URL_AUTH>>@proxy:3128
proxy=http://<<URL_AUTH>>@proxy.example:8080
Unable to connect to [clickhouse://<<URL_AUTH>>@ch:9000/default]
smb://<<URL_AUTH>>@nas/share
nats://<<URL_AUTH>>@n1:4222
jdbc:postgresql://<<URL_AUTH>>@db/app
<a href="https://<<URL_AUTH>>@x.example/">x</a>
error parsing "snowflake://<<URL_AUTH>>@acct/db": x
-----BEGIN RSA PRIVATE KEY-----<<PEM_KEY>>-----END RSA PRIVATE KEY-----
"private_key": "-----BEGIN PRIVATE KEY-----<<PEM_KEY>>-----END PRIVATE KEY-----"
key file: -----BEGIN OPENSSH PRIVATE KEY-----<<PEM_KEY>>-----END OPENSSH PRIVATE KEY----- is not valid
error:0909006C:PEM routines: '-----BEGIN DSA PRIVATE KEY-----<<PEM_KEY>>-----END DSA PRIVATE KEY-----'
tls.key: |\n  -----BEGIN EC PRIVATE KEY-----<<PEM_KEY>>-----END EC PRIVATE KEY-----
<key>-----BEGIN ENCRYPTED PRIVATE KEY-----<<PEM_KEY>>-----END ENCRYPTED PRIVATE KEY-----</key>
PRIVATE_KEY="-----BEGIN RSA PRIVATE KEY-----<<PEM_KEY>>-----END RSA PRIVATE KEY-----"
charge failed for card <<CREDIT_CARD>>
card number <<CREDIT_CARD>> is expired
Invalid PAN: <<CREDIT_CARD>>
credit card=<<CREDIT_CARD>>
payment with <<CREDIT_CARD>> (exp 12/29) refused
ccnum: <<CREDIT_CARD>> cvv: ***
Luhn check failed? <<CREDIT_CARD>>
<<CREDIT_CARD>> - insufficient funds
tokenize("<<CREDIT_CARD>>") took 4ms
Card{number=<<CREDIT_CARD>>, brand=x}
[CREDIT_CARD: <<CREDIT_CARD>>]
Zahlung mit Karte <<CREDIT_CARD>> abgelehnt
paiement refusé, carte n° <<CREDIT_CARD>>
pago con tarjeta <<CREDIT_CARD>> rechazado
カード番号：<<CREDIT_CARD>>
信用卡号<<CREDIT_CARD>>无效
оплата картой <<CREDIT_CARD>> не прошла
بطاقة رقم <<CREDIT_CARD>> مرفوضة
acct=<<CREDIT_CARD>>|amt=1200|rc=05
DE2=<<CREDIT_CARD>> DE4=000000001200
2026-11-21;<<CREDIT_CARD>>;EUR;12,00
transfer from <<IBAN>> to <<IBAN>> failed
IBAN <<IBAN>> could not be validated
iban: "<<IBAN>>"
account_iban=<<IBAN>>
Lastschrift von <<IBAN>> zurückgegeben
Konto <<IBAN>> gesperrt
prélèvement sur <<IBAN>> rejeté
cuenta <<IBAN>> no encontrada
addebito su <<IBAN>> fallito
счёт <<IBAN>> не найден
口座<<IBAN>>が見つかりません
payee <<IBAN>>, ref 991
"iban" : "<<IBAN>>"
SEPA: debtor=<<IBAN>>; creditor=<<IBAN>>
2026-11-21,<<IBAN>>,EUR,-12.00
("<<IBAN>>")
MT103 :50K:/<<IBAN>>
Bankverbindung: <<IBAN>> (DEUTDEFF)
Please call me at <<PHONE>>
phone: <<PHONE>>
"phone":"<<PHONE>>"
tel=<<PHONE>>
mobile number <<PHONE>> already registered
SMS to <<PHONE>> failed with code 30003
OTP sent to <<PHONE>>
could not dial <<PHONE>>
incoming call from <<PHONE>>
whatsapp message to <<PHONE>> undelivered
"msisdn":"<<PHONE>>"
contact_phone: '<<PHONE>>'
invalid phone number "<<PHONE>>"
Invalid phone number: <<PHONE>>
user.phone=<<PHONE>>
Telefon: <<PHONE>>
Handy <<PHONE>>
numéro de téléphone: <<PHONE>>
teléfono <<PHONE>> no válido
cellulare: <<PHONE>>
телефон <<PHONE>>
电话：<<PHONE>>
電話：<<PHONE>>
전화번호: <<PHONE>>
هاتف: <<PHONE>>
telefoonnummer <<PHONE>> ongeldig
nr telefonu: <<PHONE>>
celular: <<PHONE>>
tel:<<PHONEI>>
<a href="tel:<<PHONEI>>">call</a>
Fax: <<PHONE>>
phone_number=<<PHONE>>, verified=false
shipping_phone => <<PHONE>>
phones: ["<<PHONE>>"]
sendSms(<<PHONEI>>, "code 1234")
To: <<PHONEI>> From: <<PHONEI>>
dob: <<DOB>>
"date_of_birth":"<<DOB>>"
"birthday": "<<DOB>>"
date of birth <<DOB>> does not match
born <<DOB>>
Born on <<DOB>>, male
birth_date=<<DOB>>
birthDate: <<DOB>>
patient born <<DOB>>
Geburtsdatum: <<DOB>>
geb. <<DOB>>
geboren am <<DOB>> in Berlin
date de naissance : <<DOB>>
né le <<DOB>>
fecha de nacimiento <<DOB>>
data di nascita <<DOB>>
geboortedatum: <<DOB>>
data urodzenia <<DOB>>
data de nascimento: <<DOB>>
дата рождения <<DOB>>
生年月日：<<DOB>>
出生日期：<<DOB>>
생년월일: <<DOB>>
تاريخ الميلاد: <<DOB>>
doğum tarihi: <<DOB>>
user is too young, DOB <<DOB>>
invalid birth date '<<DOB>>'
WHERE dob = '<<DOB>>'
(date_of_birth)=(<<DOB>>)
<dob><<DOB>></dob>
ssn=<<US_SSN>>
"ssn":"<<US_SSN>>"
SSN <<US_SSN>> does not match records
social security number: <<US_SSN>>
social_security_number=<<US_SSN>>
Key (ssn)=(<<US_SSN>>) already exists.
applicant ssn '<<US_SSN>>' invalid
TIN/SSN: <<US_SSN>>
patient_ssn => <<US_SSN>>
user <<UUID>> not found
"user_id":"<<UUID>>"
account_id=<<UUID>>
DELETE /api/v2/users/<<UUID>>
customer {<<UUID>>} is blocked
tenant=<<UUID>> over quota
urn:uuid:<<UUID>>
visitor <<UUID>> opted out
key=user:<<UUID>>:profile
Guid <<UUID>> was not present
device_id: <<UUID>>
blocked ip <<IPV4>>
client_ip: <<IPV4>>
"ip":"<<IPV4>>"
X-Forwarded-For: <<IPV4>>, <<IPV4>>
x-real-ip=<<IPV4>>
from <<IPV4>> port 22
host <<IPV4>> unreachable
tcp://<<IPV4>>:4000
<<IPV4>>:443: i/o timeout
http://<<IPV4>>/metrics
@<<IPV4>>: refused
(<<IPV4>>)
ip=<<IPV4>>/32 denied
REMOTE_ADDR=<<IPV4>>
login from new location (<<IPV4>>, Chrome)
rate limited: <<IPV4>> (120/min)
リモートIP：<<IPV4>>
клиент <<IPV4>> отключён
"ip":"<<IPV6>>"
client_ip=<<IPV6>>
X-Forwarded-For: <<IPV6>>
http://[<<IPV6>>]:8080/
addr=<<IPV6>> blocked
from <<IPV6>> port 22
host <<IPV6>> unreachable
inet6 addr: <<IPV6>>/64 Scope:Global
AAAA record <<IPV6>>
REMOTE_ADDR=<<IPV6>>
rate limited: <<IPV6>>
customer <<NAME>> was not found
Customer: <<NAME>>
customer_name=<<NAME>>
patient <<NAME>> admitted
Patient <<NAME>> has no insurance
Dear <<NAME>>,
Hello <<NAME>>, your order shipped
full name: <<NAME>>
fullName="<<NAME>>"
cardholder <<NAME>> mismatch
cardholder_name: "<<NAME>>"
beneficiary: <<NAME>>
account holder <<NAME>>
assigned to <<NAME>>
signed by <<NAME>>
contact person: <<NAME>>
employee <<NAME>> terminated
passenger <<NAME>> has no seat
recipient=<<NAME>>
ship to: <<NAME>>
Kunde: <<NAME>>
Kundin <<NAME>> hat widerrufen
client: <<NAME>>
cliente: <<NAME>>
paciente <<NAME>>
Patientin <<NAME>>
klant: <<NAME>>
клиент <<NAME>>
guest <<NAME>> checked out
member <<NAME>> suspended
first_name="<<FIRST>>" last_name="<<LAST>>"
"firstName":"<<FIRST>>"
nom: <<LAST>>, prénom: <<FIRST>>
Vorname=<<FIRST>>;Nachname=<<LAST>>
nombre: <<FIRST>> apellido: <<LAST>>
Mr. <<NAME>> called
Mrs <<LAST>> complained
Frau <<LAST>> wartet
M. <<NAME>> n'a pas répondu
Sra. <<NAME>> no contestó
customer '<<NAME>>' already exists
Key (full_name)=(<<NAME>>) already exists.
{"customerName": "<<NAME>>"}
User(first_name='<<FIRST>>', last_name='<<LAST>>')
<FullName><<NAME>></FullName>
mail to <<NAME>> <<<EMAIL>>> bounced
From: "<<NAME>>" <<<EMAIL>>>
To: <<NAME>> <<<EMAIL>>>
メール：<<EMAIL>>
邮箱<<EMAIL>>已注册
почта <<EMAIL>> не найдена
البريد <<EMAIL>> غير موجود
E-Mail-Adresse <<EMAIL>> ungültig
adresse <<EMAIL>> invalide
correo <<EMAIL>> rechazado
mailto:<<EMAIL>>
user=<<EMAIL>>;role=admin
<<EMAIL>>,<<PHONEI>>,active
"<<EMAIL>>"
(<<EMAIL>>)
[<<EMAIL>>]
`<<EMAIL>>`
<<EMAIL>>: mailbox full
emails=["<<EMAIL>>","<<EMAIL>>"]
user:<<EMAIL>>
smtp; 550 <<EMAIL>>... No such user
git commit author: x <<<EMAIL>>>
slack: invited <<EMAIL>>
password reset requested for <<EMAIL>>
oauth2: email <<EMAIL>> not in allowed domain
user-name: <<EMAIL>>
'''

HARD = r'''
version 1.2.3.4
upgraded openssl from 3.0.11.0 to 3.0.13.1
Chrome/131.0.6778.86 Safari/537.36
Edg/130.0.2849.68
"version": "10.0.19045.5131"
FileVersion 10.0.22621.4317
AssemblyVersion("<<d>>.<<d>>.<<b>>.<<b>>")
Package app_<<d>>.<<b>>.<<b>>.<<b>>_amd64.deb
app-<<d>>.<<d>>.<<b>>.<<b>>.jar
v<<d>>.<<b>>.<<b>>.<<b>>-rc<<d>>
sdk <<d>>.<<b>>.<<b>>.<<b>> is deprecated
firmware 7.2.<<b>>.<<b>> installed
Microsoft.NETCore.App 8.0.<<b>>
System.Text.Json, Version=8.0.0.<<d>>, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51
Driver Version: 551.<<b>>.<<b>>.1
terraform 1.9.<<b>> on linux_amd64
commit <<hex40>>
Merge pull request #<<n>> from acme/fix-<<w>>
HEAD detached at <<hex7>>
git rev <<hex12>> (dirty)
docker image sha256:<<hex64>>
pulling layer <<hex12>>: done
sha1 <<hex40>> mismatch
md5sum <<hex32>>  backup.tar.gz
ETag: "<<hex32>>"
If-None-Match: W/"<<hex16>>"
Content-MD5: <<b64x22>>==
integrity="sha384-<<b64x64>>"
traceparent: 00-<<hex32>>-<<hex16>>-01
b3: <<hex32>>-<<hex16>>-1
trace_id=<<hex32>> span_id=<<hex16>> sampled=1
X-Request-Id: <<hex32>>
X-Amzn-Trace-Id: Root=1-<<hex8>>-<<hex24>>
x-amz-id-2: <<b64x76>>
x-goog-hash: crc32c=<<b64x6>>==
CF-RAY: <<hex16>>-FRA
request id <<hex24>> failed
dd.trace_id=<<epoch19>> dd.span_id=<<epoch19>>
order <<n8>> was shipped
Order #<<n10>> cancelled by shop
order_id=<<n12>>
invoice RE-2026-<<n6>> is overdue
invoice number <<n10>>
tracking number 1Z999AA1<<n10>>
tracking no. 9400 1000 0000 0000 0000 00
parcel JD<<n18>>
DHL 00340434<<n12>>
RMA <<n8>>
ticket INC<<n7>>
case 00<<n6>> closed
ref: <<n10>>-<<n4>>
PO-<<n8>> received
SKU <<n6>>-<<n3>>
article no <<n8>>
part no. <<n4>>-<<n4>>-<<n3>>
ISBN 978-0-13-468599-1
isbn: 9780134685991
EAN 5901234123457
gtin 00012345600012
UPC 042100005264
ISSN 2049-3630
ASIN B08N5WRWNW
build <<n4>>.<<n3>>
build number <<n8>>
Build 20261121.<<d>>
buildId=<<n6>>
job <<n10>> finished in <<n>>s
pipeline #<<n9>> passed
run <<n10>>/attempt/1
PID <<n5>> exited
pid=<<n>> tid=<<epoch15>>
thread <<epoch15>>
uptime: <<n6>> seconds
bytes=<<n12>>
read <<n10>> bytes, wrote <<n9>> bytes
heap size <<n10>> exceeds limit <<n10>>
Allocated <<n12>> bytes in <<n8>> blocks
size: <<n9>> (<<n4>> MiB)
Content-Length: <<n8>>
Content-Range: bytes 0-<<n6>>/<<n8>>
free memory 0x<<hex12>>
at 0x00007ff<<hex9>>
segfault at <<hex8>> ip 00007f<<hex10>> sp 00007ff<<hex9>> error 4 in libc.so.6[7f<<hex10>>+1c5000]
EIP: <<hex8>> ESP: <<hex8>>
rax=<<hex16>> rbx=<<hex16>>
Object@<<hex8>>
com.acme.User@<<hex7>>
<User object at 0x7f<<hex10>>>
goroutine <<n4>> [chan receive, 5 minutes]:
created by net/http.(*Server).Serve in goroutine <<n>>
main.handler({0x<<hex6>>, 0xc<<hex9>>}, 0xc<<hex9>>)
\tat com.acme.user.UserService.findByEmail(UserService.java:<<n>>)
\tat org.springframework.security.authentication.AbstractUserDetailsAuthenticationProvider.authenticate(AbstractUserDetailsAuthenticationProvider.java:<<n>>)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: java.lang.NullPointerException: Cannot invoke "String.length()" because "phone" is null
Caused by: com.acme.CustomerNotFoundException: null
org.hibernate.LazyInitializationException: failed to lazily initialize a collection of role: com.acme.Customer.orders
o.s.s.authentication.BadCredentialsException: Bad credentials
java.lang.IllegalArgumentException: password must not be null
javax.crypto.BadPaddingException: Given final block not properly padded
   at Acme.Services.CustomerService.<GetCustomerAsync>d__12.MoveNext()
   at System.Threading.Tasks.Task.Execute()
System.NullReferenceException: Object reference not set to an instance of an object.
Microsoft.EntityFrameworkCore.Database.Command[20101] Executed DbCommand (<<b>>ms) [Parameters=[@p0='?' (DbType = Int32)]]
  File "/usr/lib/python3.12/site-packages/django/contrib/auth/__init__.py", line <<n>>, in authenticate
  File "/app/users/models.py", line <<n>>, in get_full_name
AttributeError: 'NoneType' object has no attribute 'email'
KeyError: 'password'
KeyError: 'first_name'
ImportError: cannot import name 'TokenObtainPairView'
TypeError: __init__() missing 1 required positional argument: 'phone'
ValueError: invalid literal for int() with base 10: 'abc'
django.db.utils.ProgrammingError: column users.date_of_birth does not exist
TypeError: Cannot read properties of undefined (reading 'email')
TypeError: user.getPhoneNumber is not a function
ReferenceError: sessionToken is not defined
    at async UserController.login (/app/dist/controllers/user.controller.js:<<n>>:<<n2>>)
    at Layer.handle [as handle_request] (/app/node_modules/express/lib/router/layer.js:95:5)
Error: secretOrPrivateKey must have a value
JsonWebTokenError: jwt malformed
TokenExpiredError: jwt expired
ActionController::InvalidAuthenticityToken
NoMethodError: undefined method `phone_number' for nil:NilClass
Completed 401 Unauthorized in <<n>>ms (ActiveRecord: 1.2ms)
Processing by SessionsController#create as HTML
  Rendered users/password_reset.html.erb (Duration: 1.2ms)
Redirected to https://shop.example/users/sign_in
PHP Notice:  Undefined index: email in /var/www/html/login.php on line <<n>>
PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)
Undefined variable $password
SQLSTATE[42S22]: Column not found: 1054 Unknown column 'phone' in 'field list'
SQLSTATE[HY000] [2002] Connection refused
ERROR: column "ssn" does not exist at character <<n2>>
ERROR: null value in column "email" of relation "users" violates not-null constraint
ERROR: value too long for type character varying(20)
FATAL: sorry, too many clients already
ERROR 1045 (28000): Access denied for user
LOG: duration: <<n>>.<<n3>> ms  statement: SELECT id, email, phone FROM customers WHERE id = $1
SELECT first_name, last_name, dob FROM patients WHERE id IN (<<n6>>, <<n7>>)
INSERT INTO audit (id, at) VALUES (<<n10>>, now())
CREATE INDEX idx_users_email ON users (email)
ALTER TABLE users ADD COLUMN password_digest varchar(255)
SELECT * FROM t WHERE ts BETWEEN 1<<n9>> AND 1<<n9>>
UPDATE stock SET qty = <<n>> WHERE sku = '<<n5>>-<<n2>>'
redis: MOVED <<n5>> node-3
WARN Consumer clientId=consumer-1, groupId=orders offset <<n10>> is out of range
kafka: partition orders-<<d>> leader epoch <<n>>
zxid 0x<<hex9>>
LSN: 0/<<hexup8>>
lock_id=<<n10>> held for <<n>>s
ts=1<<n9>> level=info msg=started
ts=1<<n9>>.<<n6>> caller=main.go:1
{"ts":1<<n12>>,"level":"info","msg":"ready"}
"timestamp": "2026-11-21T10:00:00.123Z"
time="2026-11-21T10:00:00+01:00" level=info msg="session closed"
Nov 21 10:00:00 web-1 systemd[1]: session-<<n3>>.scope: Succeeded.
pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)
pam_unix(sshd:session): session closed for user root
systemd-logind[412]: New session <<n3>> of user root.
Started Session <<n3>> of user root.
Session closed by peer
Session timed out after 30 minutes
session closed
user session has expired, please log in again
password reset completed
password changed successfully
Password policy updated: minimum length 12
Forgot password link clicked
password_reset_token is invalid or missing
no password supplied
password authentication is disabled
wrong password
Password: [FILTERED]
password=*****
password=${DB_PASSWORD}
password: {{ vault_db_password }}
password=<redacted>
secret "db-credentials" not found
secrets "tls-cert" already exists
Secret default/app-config mounted
token refresh scheduled in <<n>>s
token limit exceeded: <<n5>> > 4096
tokens used: prompt=<<n>> completion=<<n>>
tokenizer.model_max_length=<<n4>>
unexpected token '<' at position <<n>>
Unexpected token } in JSON at position <<n>>
SyntaxError: Unexpected end of input, expected token ')'
invalid token: expected identifier, got number
parse error near token IDENT
csrf verification failed
cookie "theme" rejected because it is in a cross-site context
author: build-bot
author=ci
authors list is empty
authority not recognised
authenticator app enabled
auth provider: ldap
auth_type=oauth2
auth_method: password
authentication failed (attempt <<d>>)
authorize(): scope=openid profile email
grant_type=authorization_code
response_type=id_token
scope=read:user user:email
key "users" not found
keys evicted: <<n>>
primary key (id) violated
foreign key constraint fails (`shop`.`orders`, CONSTRAINT `fk_customer` FOREIGN KEY (`customer_id`) REFERENCES `customers` (`id`))
public key algorithm not supported
api key is missing
API key rotated
passport.js strategy "local" failed
passing <<n>> arguments
pass 2 of 3 complete
passed: <<n>>, failed: <<d>>
phone number is required
phone verification disabled
invalid phone number format
email is not verified
email: is required
"email": null
"phone": ""
"password": null
"ssn": null
email validation failed
mail queue is empty
Mail server replied 250 OK
SMTP error: 421 4.3.2 System not accepting network messages
user not found
user is null
user id <<n6>> deleted
User with id <<n4>> not found
customer <<n8>> not found
customer id must be positive
Customer Service Portal is down
Customer Support Team notified
Customer Success Platform sync
customer segment Gold Plus
client closed connection
client sent HTTP request to HTTPS server
Client Hello received
client version <<d>>.<<b>>.<<d>>
patient index rebuilt in <<n>>ms
patient record locked
passenger list exported
guest network enabled
member count <<n4>>
contact list synced
Contact Form 7 plugin updated
recipient list empty
account balance is 0
account locked
card type not supported
card expired
Card reader firmware outdated
credit card declined by issuer
IBAN is invalid
iban checksum wrong
Invalid IBAN
birthday reminder job finished
date of birth is required
dob cannot be in the future
born in a different region
name: default-backend
name: <<w>>-<<w>>
"name": "<<w>>-service"
name=<<w>>.<<w>>
service.name=checkout
host.name=web-<<d>>
"name":"Order Service"
displayName: Production Cluster
full name is required
first name must not be blank
last name too long
filename="report-2026.pdf"
Content-Disposition: attachment; filename="invoice_<<n6>>.pdf"
Content-Type: multipart/form-data; boundary=----WebKitFormBoundary<<alnum16>>
Content-Type: application/vnd.ms-excel
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
Accept-Language: fr-FR,fr;q=0.9,en;q=0.8
User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15
User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0
User-Agent: Dalvik/2.1.0 (Linux; U; Android 14; SM-S918B Build/UP1A.231005.007)
okhttp/5.0.0-alpha.<<b>>
/var/log/nginx/access.log.<<d>>.gz
/usr/local/lib/node_modules/npm/lib/cli.js
/opt/app/releases/20261121100000/current
/data/users/export_2026-11-21.csv
/etc/ssl/private/server.key
C:\Program Files\dotnet\sdk\8.0.404\MSBuild.dll
C:\Windows\Microsoft.NET\Framework64\v4.0.30319\Config\machine.config
D:\a\_work\1\s\src\Users\UserService.cs
src/components/UserProfile.tsx
./app/models/session.rb:<<n>>
s3://acme-logs/2026/11/21/10/part-<<n5>>.gz
gs://bucket/users/<<hex32>>.json
arn:aws:iam::<<n12>>:role/deploy
arn:aws:lambda:eu-west-1:<<n12>>:function:mailer
i-0<<hex16>> is unhealthy
vpc-<<hex8>>
listening on 0.0.0.0:<<port>>
bind 127.0.0.1:<<port>>: address already in use
http://localhost:<<port>>/health
ports: 80, 443, 8080, 8443, 9090
ports 30000-32767 reserved
open ports 22/tcp 80/tcp 443/tcp
0.0.0.0:8080->8080/tcp
upstream localhost:<<port>> timed out
lat p50=<<d>>.<<n2>> p99=<<n2>>.<<n2>>
latency 12.3456, 13.4567 ms
point (<<n3>>.<<n2>>, <<n3>>.<<n2>>)
bounding box [<<b>>, <<b>>, <<n3>>, <<n3>>]
matrix(1.0, 0.0, 0.0, 1.0, <<n2>>.5, <<n2>>.5)
score 0.<<n4>>, 0.<<n4>>
loss: 0.<<n4>> - accuracy: 0.<<n4>>
eta 0:0<<d>>:1<<d>>
cpu: <<n2>>.<<d>>%, mem: <<n2>>.<<d>>%
load average: 0.<<n2>>, 0.<<n2>>, 1.<<n2>>
price 1.299,00 EUR
total: $1,<<n3>>.99
amount=<<n4>>.50 currency=USD
USD 1 234 567.89
balance -<<n4>>.00
discount code SUMMER2026
coupon <<crock8>> expired
gift card balance too low
license plate recognition model loaded
2026-11-21 is a holiday
valid until 31/12/2027
expires 12/29
created 11/21/2026 by import
due date: 2026-12-01
released 1999-12-31
Rechnung vom 03.11.2026
le 21/11/2026 à 10:00
last login 2026-11-20
start_date=2026-01-01 end_date=2026-12-31
week 2026-W47
Sat, 21 Nov 2026 10:00:00 GMT
cron: 0 3 * * 1-5
retry in 00:05:00
duration=1:02:03.456
ratio 16:9:4
aa:bb:cc is not hex
MAC verification failed
mac algorithm hmac-sha2-256
mac: invalid signature
imei is required
IMEI check disabled
sequence 123456789012345 gap
serial <<n15>>
nonce=<<epoch16>>
cursor=<<b64x32>>
page_token is stale
next page: eyJwYWdlIjoyfQ==
payload base64: <<b64x48>>
data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
ssh-ed25519 key loaded
ssh-rsa host key changed
SHA256:<<b64x43>>
fingerprint SHA256:<<b64x43>>
serial=<<hexup32>>
subject=CN=*.example.com, O=Acme Inc, C=US
issuer=C=US, O=Let's Encrypt, CN=R11
@Autowired private UserRepository users;
@media (max-width: 600px)
@angular/core@17.<<d>>.<<d>>
npm WARN deprecated request@2.88.2
yarn add @types/node@20.<<d>>.<<d>>
pkg:npm/%40babel/core@7.<<d>>.<<d>>
git@github.com:acme/shop.git
app@sha256:<<hex64>>
<<w>>@<<d>>.<<d>>.<<d>>
std::basic_string<char>::_M_construct null not valid
Foo::Bar::create
core::panicking::panic_fmt
__cxa_throw
_ZN4core9panicking9panic_fmt17h<<hex16>>E
Assertion `ptr != NULL' failed
Segmentation fault (core dumped)
exit code 137
signal 9
HTTP 500
status=404 method=GET path=/users/profile
GET /api/v2/users?page=2&limit=50 200 <<n>>ms
GET /api/customers/<<n6>>/orders/<<n8>> 404
POST /session 201
PUT /users/<<n5>>/password 204
GET /static/js/main.<<hex8>>.chunk.js 304
OPTIONS /login 204
GET /wp-login.php 404
Kernel panic - not syncing
eth0: link up, 1000Mbps
usb 1-1: new high-speed USB device number <<d>>
usb 1-1: New USB device found, idVendor=0781, idProduct=5581, bcdDevice= 1.00
pci 0000:00:1f.2: [8086:2922] type 00
disk sda1 97% full
Visual Studio Code crashed
Google Cloud Pub/Sub unavailable
Amazon Elastic Kubernetes Service throttled
Apache Kafka Connect restarted
Spring Boot Admin Server started
Microsoft SQL Server timed out
Red Hat Enterprise Linux 9.4
Internet Explorer is not supported
Adobe Flash Player removed
Sentry Relay forwarded
San Francisco region unavailable
New Relic agent loaded
Jenkins Pipeline failed
Apollo Server started
Ruby on Rails 7.1 started
Bean Validation failed
Hello World
Hello, World!
Dear Customer,
Dear Sir or Madam,
Hi there, thanks
Der Benutzer wurde nicht gefunden
Das Passwort ist falsch
Passwort erfolgreich geändert
Sitzung abgelaufen
Kunde nicht gefunden
Kundennummer <<n8>> unbekannt
Bestellung <<n8>> wurde storniert
Vertrag Nr. <<n8>> gekündigt
Utilisateur introuvable
Mot de passe incorrect
Commande n° <<n8>> annulée
Session expirée
Usuario no encontrado
La contraseña es incorrecta
Pedido <<n8>> cancelado
Utente non trovato
Senha inválida
Пользователь не найден
Неверный пароль
Заказ №<<n8>> отменён
ユーザーが見つかりません
パスワードが正しくありません
注文番号<<n8>>はキャンセルされました
用户不存在
密码错误
订单<<n10>>已取消
المستخدم غير موجود
كلمة المرور غير صحيحة
비밀번호가 올바르지 않습니다
Hesap bulunamadı
Nie znaleziono użytkownika
Hasło jest nieprawidłowe
Användaren hittades inte
{"id":<<n8>>,"status":"active","type":"customer"}
{"event":"page_view","count":<<n>>,"ok":true}
{"level":30,"time":1<<n12>>,"pid":<<n>>,"hostname":"web-1","msg":"request completed"}
{"error":{"code":"invalid_grant","message":"Token has been expired or revoked."}}
{"errors":[{"message":"Field 'email' is required","path":["input","email"]}]}
{"field":"password","rule":"min_length","value":8}
{"token_type":"bearer","expires_in":3600}
{"session_timeout":1800,"max_sessions":5}
{"phone_verified":false,"email_verified":true}
{"orderId":"<<n12>>","sku":"<<alnum8>>"}
{"offset":<<n10>>,"lag":<<n5>>}
{"width":1920,"height":1080,"dpr":2}
{"lat_ms":12.5,"long_task":true}
{"author":"bot","authors":[]}
{"passed":true,"passRate":0.98}
{"monkey":"banana","keyboard":"qwerty"}
{"secretary":"office","tokenize":true}
metric user_sessions_total 1<<n5>>
jvm_memory_used_bytes{area="heap",id="G1 Eden Space"} 1.<<n4>>E8
process_start_time_seconds 1.<<n9>>e+09
http_server_requests_seconds_count{uri="/login",status="401"} <<n4>>
go_memstats_alloc_bytes 1.<<n6>>e+07
node_network_info{device="eth0"} 1
statsd: login.failed:1|c|#env:prod
<img src="/img/<<n>>.png" width="100" height="50">
<div class="user-name">
<input type="password" name="password" required>
<input name="email" placeholder="you@company">
<xs:element name="DateOfBirth" type="xs:date"/>
<version>1.2.3.4</version>
<Version>2024.1.0.77</Version>
<id><<n10>></id>
<session-timeout>30</session-timeout>
<artifactId>spring-security-core</artifactId>
apiVersion: apps/v1
kind: Secret
  secretKeyRef: {name: db, key: password}
  tokenExpirationSeconds: 3607
  sessionAffinity: None
  passwordPolicy: strong
env: [DB_PASSWORD, API_KEY]
serviceAccountName: default
image: registry.local/app:1.2.<<n>>
replicas: <<d>>
const token = await getToken(user);
const { email, phone } = req.body;
if (!user.password) throw new Error('no password');
password = os.environ["DB_PASSWORD"]
def reset_password(self, user, token):
self.session = requests.Session()
user := r.Header.Get("X-User")
String token = request.getHeader("Authorization");
var phone = customer.Phone ?? string.Empty;
$password = $_POST['password'];
raise ValueError("invalid email")
assert response.status_code == 200
return new ResponseEntity<>(HttpStatus.OK);
import com.acme.session.SessionToken;
use App\Models\User;
namespace Acme.Customer.Contact
package com.acme.person.name;
export SESSION_SECRET
echo $TOKEN
'''
