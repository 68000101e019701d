"""Lines and locales written after the rules had been tuned on lines.py and hard.py, and not looked at before they were measured."""

FIRST = {"da": "Søren Mette Rasmus Kirsten Jeppe Freja", "fi": "Päivi Jukka Sanna Mikko Aino Väinö", "cs": "Jiří Kateřina Tomáš Lenka Ondřej Zdeňka", "ro": "Ioana Ștefan Mihai Andreea Răzvan Crina",
         "hu": "László Ágnes Gábor Zsófia Tamás Erzsébet", "el": "Γιώργος Ελένη Νίκος Μαρία Κώστας Σοφία", "uk": "Олена Тарас Богдан Ганна Юрій Надія", "mx": "Guadalupe Rodrigo Itzel Emiliano Yolanda Efraín"}
LAST = {"da": "Nørgaard Kjær Østergaard Holm Bech Lauritsen", "fi": "Korhonen Mäkinen Hämäläinen Lehtonen Järvinen Salo", "cs": "Dvořák Procházková Svoboda Němcová Krejčí Beneš", "ro": "Popescu Ionescu Stănescu Munteanu Drăgan Vlad",
        "hu": "Szabó Kovács Tóth Horváth Varga Kiss", "el": "Παπαδόπουλος Γεωργίου Νικολάου Δημητρίου Αντωνίου Βασιλείου", "uk": "Шевченко Коваленко Бондар Ткачук Мельник Кравець", "mx": "Hinojosa Cervantes Villarreal Treviño Xolalpa Zúñiga"}
PHONES = {"da": ["+45 20 %2 %2 %2", "+4531%6"], "fi": ["+358 40 %3 %4", "040 %3 %4", "09 %3 %4"], "cs": ["+420 60%1 %3 %3", "+42077%7"], "ro": ["+40 72%1 %3 %3", "072%1 %3 %3"],
          "hu": ["+36 30 %3 %4", "06 1 %3 %4"], "el": ["+30 69%2 %3 %3", "+3021%8"], "uk": ["+380 67 %3 %2 %2", "067 %3 %2 %2"], "mx": ["+52 55 %4 %4", "55 %4 %4"]}
DOMAINS = {"da": "jubii.dk", "fi": "luukku.com elisanet.fi", "cs": "seznam.cz", "ro": "clicknet.ro", "hu": "freemail.hu", "el": "otenet.gr", "uk": "ukr.net", "mx": "prodigy.net.mx"}

LINES = r'''
[<<ts>>] WARN  payments.gateway: authorisation refused pan=<<CREDIT_CARD>> brand=x rc=05
{"severity":"ERROR","jsonPayload":{"cardNumber":"<<CREDIT_CARD>>","rc":"51"}}
Refund to card ending... full number <<CREDIT_CARD>> logged by mistake
<<ts>> E PaymentActivity: onFailure(card=<<CREDIT_CARD>>)
SEPA credit transfer failed: creditor account <<IBAN>>, amount <<n>>.00
beneficiaryIban: '<<IBAN>>'
Überweisung an <<IBAN>> fehlgeschlagen
unsubscribe request from <<EMAIL>> queued
550 5.1.1 <<<EMAIL>>>: Recipient address rejected
UserNotFoundException: User <<EMAIL>> does not exist (Cognito)
invite for `<<EMAIL>>` already pending
X-Original-To: <<EMAIL>>
owner: <<EMAIL>>; team: <<w>>
couldn't sync mailbox <<EMAIL>>/INBOX
https://app.example.org/invite/<<EMAIL|urlenc>>
"user_email" => "<<EMAIL>>"
WARN[0012] rate limit hit                                client=<<IPV4>> route=/<<w>>
peer=<<IPV4>>:<<port>> state=SYN_RECV
Banned <<IPV4>> for 600 seconds
Connection reset by <<IPV6>> port <<port>>
rejecting connection from [<<IPV6>>]
"x-client-ip":"<<IPV6>>"
cf-connecting-ip: <<IPV4>>
Neighbor <<IPV6>> lladdr <<MAC>> STALE
bssid=<<MAC>> rssi=-6<<d>>
BLE device <<MAC>> disconnected
handset IMEI: <<IMEI>>
{"equipment_imei":"<<IMEI>>","fw":"<<b>>.<<b>>"}
GET /tenants/<<UUID>>/invoices 403
profile <<UUID>> is suspended
subject=<<UUID>> audience=web
token refresh failed: <<JWT>>
id_token_hint=<<JWT>>&state=x
Authorization=Bearer <<BEARER>>
HTTP_AUTHORIZATION: Basic <<BASIC>>
"Authorization":["Bearer <<BEARER>>"]
AWS_ACCESS_KEY_ID=<<API_KEY>>
using key <<API_KEY>> for upload
secret scanning alert: <<API_KEY>>
{"apiToken":"<<API_KEY>>"}
--password=<<PASSWORD>> --host=db
PGPASSWORD=<<PASSWORD>> pg_dump shop
db.password=<<PASSWORD>>
"passphrase": "<<PASSWORD>>"
j_password=<<PASSWORD|urlenc>>&j_realm=x
spring.datasource.password: <<PASSWORD>>
kodeord: <<PASSWORD>>
heslo=<<PASSWORD>>
Cookie: laravel_session=<<SESSION>>; theme=x
ASP.NET_SessionId=<<SESSION>>; path=/
session_id: <<SESSION>>
sessionKey=<<SESSION>>
resume session <<SESSION>> failed
could not open kafka+ssl://<<URL_AUTH>>@broker:9093
remote: https://<<URL_AUTH>>@bitbucket.example/x.git
elasticsearch http://<<URL_AUTH>>@es:9200/_bulk returned 429
-----BEGIN PRIVATE KEY-----<<PEM_KEY>>-----END PRIVATE KEY-----
"pkcs8": "-----BEGIN EC PRIVATE KEY-----<<PEM_KEY>>-----END EC PRIVATE KEY-----"
/home/<<USER_PATH>>/projects/shop/manage.py
Traceback: /Users/<<USER_PATH>>/Library/Caches/app.log
C:\Users\<<USER_PATH>>\Desktop\export.csv not readable
cwd=/home/<<USER_PATH>>
contact number <<PHONE>> invalid
dialing <<PHONE>> ...
SMS delivery to <<PHONE>> failed: 30005
"mobilePhone":"<<PHONE>>"
tlf. <<PHONE>>
puhelin: <<PHONE>>
Call from <<PHONE>> dropped
phone_number='<<PHONE>>'
https://wa.me/<<PHONEI|urlenc>>
patient dob <<DOB>> mismatch
"birthday":"<<DOB>>"
DOB: <<DOB>>, sex: F
Date of birth <<DOB>> is in the future
født den <<DOB>>
fecha de nacimiento: <<DOB>>
SSN=<<US_SSN>> verified
social security number <<US_SSN>> rejected
"ssn":"<<US_SSN>>"
<<idword>> = "<<NATIONAL_ID>>"
invalid <<idword>>: <<NATIONAL_ID>>
{"<<idword>>":"<<NATIONAL_ID>>"}
vehicle <<VIN>> not found
"vin":"<<VIN>>"
deposit address <<WALLET>>
recipient_wallet=<<WALLET>>
user location <<COORDINATES>>
"coords":{"latitude":<<LAT>>,"longitude":<<LON>>}
customer <<NAME>> has no payment method
Dear <<NAME>>,
Hi <<NAME>>, thanks for your order
patient_name="<<NAME>>"
contact: <<NAME>> <<<EMAIL>>>
"lastName":"<<LAST>>","firstName":"<<FIRST>>"
cardholder: <<NAME>>
signed by <<NAME>> on behalf of x
kunde <<NAME>> ikke fundet
'''

HARD = {
    "ci": ["Run actions/checkout@v4", "##[group]Run npm ci", "Successfully built <<hex12>>", "Step 3/12 : COPY . /app", "pulled sha256:<<hex64>>", "coverage: 8<<d>>.<<d>>% of statements", "ok  	github.com/<<w>>/<<w>>	0.<<n3>>s", "npm WARN deprecated <<w>>@1.<<b>>.<<b>>: use x", "BUILD SUCCESSFUL in <<n>>s", "Finished `dev` profile in <<n>>.<<n2>>s"],
    "k8s": ["pod/<<w>>-<<hex8>>-<<alnum5>> restarted", "Back-off restarting failed container <<w>>", "0/5 nodes are available: 5 Insufficient cpu.", "resourceVersion: \"<<n8>>\"", "uid conflict on configmap <<w>>", "Liveness probe failed: HTTP probe failed with statuscode: 503", "image pull secret missing"],
    "db": ["deadlock detected: process <<n>> waits for ShareLock on transaction <<n8>>", "relation \"users\" does not exist", "column \"email\" of relation \"<<w>>\" does not exist", "null value in column \"password\" violates not-null constraint", "checkpoint complete: wrote <<n>> buffers", "LSN 0/<<hexup7>>", "oplog ts: Timestamp(<<epoch10>>, 1)", "redis db0:keys=<<n>>,expires=<<n>>", "slow query: <<n>>ms rows=<<n8>>"],
    "mobile": ["E/AndroidRuntime: FATAL EXCEPTION: main", "Process: com.<<w>>.<<w>>, PID: <<n>>", "iPhone14,2 iOS 17.<<d>>.<<d>>", "build 21A<<n3>>", "screen 1170x2532 @3x", "Low memory warning received", "ANR in com.<<w>>: Input dispatching timed out (5000ms)", "app_version=<<d>>.<<b>>.<<b>> (<<n4>>)", "Thread 0 crashed: 0x00000001<<hex8>>"],
    "net": ["TLSv1.3 (OUT), TLS handshake, Client hello (1):", "HTTP/2 502", "ECONNREFUSED 127.0.0.1:<<port>>", "MTU 1500 qdisc noqueue", "TTL=64 time=0.<<n3>> ms", "ALPN: server accepted h2", "curl: (28) Operation timed out after 30001 milliseconds", "user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "Content-Length: <<n>>", "ETag: W/\"<<hex8>>-<<hex12>>\"", "Accept-Language: de-DE,de;q=0.9", "Sec-Fetch-Site: same-origin", "cache-control: max-age=31536000, immutable"],
    "money": ["invoice INV-2025-<<n4>> overdue", "order #<<n8>> cancelled", "amount 1,234.56 USD", "discount 15% on SKU <<alnum6>>", "ticket <<W>>-<<n4>> moved to done", "parcel 00340434<<n12>> in transit", "voucher <<crock8>> redeemed", "quantity 12 x 24", "subtotal: € 99,95", "IBAN required for payouts", "PO <<n10>> approved"],
    "words": ["pass rate improved", "secret rotated successfully", "key not found in cache", "token bucket refilled", "session store unavailable", "phone field left blank", "email template rendered", "name server unreachable", "date of birth must be in the past", "card reader offline", "address book empty", "contact form submitted", "user logged out", "customer churn model retrained", "client cancelled the request",
              "patient queue drained", "call stack exceeded", "text too long", "Login successful for user", "born again test fixtures", "Mister Server restarted", "password_hash column added", "authorize endpoint called", "passenger fork failed", "cookie jar cleared", "The token was malformed", "guest mode on", "to: queue-<<n>> from: queue-<<n>>", "driver loaded", "person index rebuilt", "dear developers, please upgrade"],
    "code": ["Foo<Bar<Baz>>::new()", "fn main() -> Result<()>", "x = a[1:2]", "std::io::Error::from_raw_os_error(2)", "#[derive(Debug)]", "SELECT name, email FROM users WHERE id = $1", "user.email = None", "password: str = Field(...)", "def authenticate(username: str, password: str) -> bool:", "return this.session.token", "if (user.phone === undefined)", "NullPointerException at <<W>>.<<w>>(<<W>>.java:<<n>>)",
             "<<w>>/<<w>>.go:<<n>> +0x<<hex3>>", "${API_KEY}", "process.env.DB_PASSWORD", "os.getenv('SECRET_KEY')", "<%= user.name %>", "{{ customer.email }}", "import email.utils", "git commit -m 'fix login'", "apt-get install openssh-server", "@Value(\"${spring.datasource.password}\")"],
    "ids": ["shard 0x<<hex16>> moved", "kafka offset <<n12>> lag <<n>>", "etcd revision <<n10>>", "snowflake <<epoch19>>", "job_id=<<hex24>>", "lock <<alnum12>> held", "arn:aws:s3:::bucket-<<n>>", "projects/<<w>>-<<n6>>/topics/<<w>>", "i-0<<hex16>> terminated", "subnet-<<hex8>>", "W/<<hex32>>", "chunk-<<alnum8>>.js", "sessions: <<n>> active", "rev <<hex10>>", "doc _id=<<alnum20>>"],
    "time": ["2025-W4<<d>>", "Mon Nov 1<<d>> 12:00:00 UTC 2025", "every 15m", "expires in 3600", "T+00:14:59", "due 30/1<<d2>>/2025", "schedule 0 3 * * 1", "last seen 2025-0<<d>>-1<<d>> 10:00", "valid from 01.0<<d>>.2025 to 31.12.2025"],
}
