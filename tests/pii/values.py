"""Personal values by type, computed so that their checksums hold, seeded by the caller's random.Random.

Every function takes (rng, locale) and gives (value, sub): sub says which form it is, for the list of misses.
"""
import base64
import hashlib
import json
import string
import unicodedata

LETTERS, UPPER, DIGITS = string.ascii_letters, string.ascii_uppercase, string.digits
ALNUM, HEX = LETTERS + DIGITS, "0123456789abcdef"
B32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

FIRST = {
    "de": "Lukas Anna Jürgen Käthe Björn Sabine Heinz-Peter Ute Matthias Friederike Nils Gisela",
    "fr": "Chloé Étienne Jean-Luc Margaux Thibault Océane Hervé Solène Gaëlle Rémi Amélie Benoît",
    "es": "María Íñigo Jesús Lucía Álvaro Begoña Joaquín Ximena Rocío Ignacio Noelia Andrés",
    "it": "Giulia Niccolò Lorenzo Chiara Salvatore Francesca Gianluca Ilaria Matteo Rosaria Dario Elisa",
    "nl": "Sanne Daan Marieke Joost Lotte Bram Femke Thijs Anouk Sjoerd Ilse Ruben",
    "pl": "Agnieszka Łukasz Małgorzata Paweł Zofia Krzysztof Świętosława Jędrzej Katarzyna Michał Ewa Wojciech",
    "pt": "João Conceição Thiago Beatriz Márcia Rafael Antônio Letícia Caio Fernanda Íris Otávio",
    "gb": "Oliver Poppy Alistair Imogen Rhys Niamh Callum Gemma Siobhan Graham Isla Fergus",
    "us": "Tyler Madison DeShawn Brittany Hunter Latoya Wyatt Mackenzie Chase Destiny Logan Jasmine",
    "in": "Aarav Priya Rajesh Lakshmi Venkatesh Ananya Suresh Deepika Harpreet Kavita Nikhil Pooja",
    "sv": "Åsa Göran Linnéa Björn Elin Håkan Maja Örjan Ebba Torbjörn Saga Viktor",
    "tr": "Ayşe Mehmet Gülşen Çağlar Şükrü Zeynep İbrahim Özlem Emre Elif Tuğba Hakan",
    "ja": "Haruto Sakura Kenji Yui Takumi Aoi Hiroshi Misaki Ren Keiko Daichi Yuka",
    "ru": "Иван Ольга Дмитрий Екатерина Сергей Наталья Алексей Людмила Михаил Татьяна Павел Юлия",
}
LAST = {
    "de": "Müller Schäfer Weiß Großkopf Krüger Bäcker Hofmann Lindemann Jäger Vogelsang Öztürk Stieglitz",
    "fr": "Lefèvre Dubois Beaumont Garçon Roux Fontaine Chevallier Bézier Pélissier Marchand Guérin Delacroix",
    "es": "García Núñez Ibáñez Ordóñez Castillo Peña Zapatero Belmonte Cárdenas Quiroga Medina Solís",
    "it": "Rossi Esposito Bianchi Ferraro Greco Colombo Marchetti Gallo D'Angelo Santoro Rinaldi Pellegrini",
    "nl": "Jansen Bakker Visser Hoekstra Mulder Dijkstra Brouwer Kuipers Willems Vermeulen Postma Schouten",
    "pl": "Kowalski Wiśniewska Wójcik Kamińska Zieliński Szymańska Dąbrowski Jabłońska Król Pawłowska Nowak Gąsior",
    "pt": "Silva Gonçalves Araújo Ribeiro Magalhães Barbosa Teixeira Simões Figueiredo Moura Brandão Peixoto",
    "gb": "Smythe Featherstone Campbell O'Connor Hughes Pemberton Blackwood MacLeod Whitaker Ashworth Doyle Thornton",
    "us": "Johnson Ramirez Washington Kowalczyk Peterson Nguyen Hernandez Sullivan Jefferson McCarthy Barnes Lopez",
    "in": "Sharma Iyer Patel Reddy Mukherjee Singh Nair Chatterjee Kulkarni Banerjee Gupta Menon",
    "sv": "Lindström Åkesson Bergqvist Sjöberg Nyström Holmgren Öberg Lundqvist Ström Ekman Hägglund Wallin",
    "tr": "Yılmaz Demir Şahin Çelik Yıldız Öztürk Aydın Kılıç Aslan Doğan Koç Güneş",
    "ja": "Tanaka Yamamoto Suzuki Watanabe Kobayashi Nakamura Fujiwara Ishikawa Matsuda Ogawa Hayashi Endo",
    "ru": "Иванов Смирнова Кузнецов Попова Соколов Лебедева Новиков Морозова Волков Зайцева Павлов Орлова",
}
FIRST = {k: v.split() for k, v in FIRST.items()}
LAST = {k: v.split() for k, v in LAST.items()}
LOCALES = sorted(FIRST)
LATIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "ß": "ss", "æ": "ae", "ı": "i"} | dict(zip("абвгдезийклмнопрстуфцыья", "abvgdeziiklmnoprstufcyja")) | {"ж": "zh", "ч": "ch", "ш": "sh", "щ": "sch", "ю": "ju", "э": "e"})


def pick(rng, alphabet, n):
    return "".join(rng.choice(alphabet) for _ in range(n))


def ascii_of(word):
    flat = unicodedata.normalize("NFKD", word.lower().translate(LATIN))
    return "".join(c if c.isascii() else chr(97 + ord(c) % 26) for c in flat if c.isalnum())


def name_parts(rng, locale):
    return rng.choice(FIRST[locale]), rng.choice(LAST[locale])


def name(rng, locale):
    first, last = name_parts(rng, locale)
    form = rng.choice(["plain", "plain", "plain", "middle"])
    if form == "middle" and locale in ("us", "gb", "nl"):
        return (f"{first} {rng.choice('ABCDEFGHJKLM')}. {last}" if locale != "nl" else f"{first} van {rng.choice(['der ', 'den ', ''])}{last}"), locale + "/middle"
    return f"{first} {last}", locale


def user(rng, locale):
    first, last = (ascii_of(x) for x in name_parts(rng, locale))
    return rng.choice([f"{first[0]}{last}", f"{first}.{last}", f"{first}_{last}", f"{first}{rng.randint(1, 99)}", f"{last}{first[0]}", f"{first}-{last}", f"{last}"])


# ---- mail, network ------------------------------------------------------------------

DOMAINS = {"de": "web.de posteo.de firma-müller.de", "fr": "orange.fr laposte.net", "es": "correo.es telefonica.es", "it": "libero.it pec.studio-legale.it", "nl": "ziggo.nl xs4all.nl",
           "pl": "wp.pl onet.pl", "pt": "uol.com.br terra.com.br", "gb": "btinternet.com nhs.net leeds.ac.uk", "us": "gmail.com comcast.net state.tx.us", "in": "rediffmail.com infosys.co.in",
           "sv": "telia.se spray.se", "tr": "mynet.com.tr metu.edu.tr", "ja": "ezweb.ne.jp docomo.ne.jp", "ru": "mail.ru yandex.ru почта.рф"}


def email(rng, locale):
    first, last = (ascii_of(x) for x in name_parts(rng, locale))
    form = rng.choice(["dot", "dot", "short", "plus", "under", "digits", "upper", "sub", "apostrophe"])
    domain = rng.choice(DOMAINS[locale].split())
    local = {"dot": f"{first}.{last}", "short": f"{first[0]}{last}", "plus": f"{first}+{rng.choice(['shop', 'news', '2024'])}", "under": f"{first}_{last}", "digits": f"{last}{rng.randint(1, 1999)}",
             "upper": f"{first.title()}.{last.title()}", "sub": f"{first}", "apostrophe": f"{first}.o'{last}"}[form]
    return f"{local}@{'mail.' if form == 'sub' else ''}{domain}", form


def ipv4(rng, locale):
    while True:
        o = [rng.randint(1, 223), rng.randint(0, 255), rng.randint(0, 255), rng.randint(1, 254)]
        if o[0] not in (127,) and o != [0, 0, 0, 0] and o[0] > 4:
            return ".".join(map(str, o)), "v4"


def ipv6(rng, locale):
    g = [f"{rng.randint(1, 0xffff):x}" for _ in range(8)]
    form = rng.choice(["full", "gap", "gap", "short", "link", "mapped", "padded", "upper", "zone"])
    if form == "mapped":
        return "::ffff:" + ipv4(rng, locale)[0], form
    if form == "link":
        return "fe80::" + ":".join(g[:4]), form
    if form == "zone":
        return "fe80::" + ":".join(g[:4]), form
    if form == "gap":
        return "2a02:" + g[1] + ":" + g[2] + "::" + ":".join(g[:rng.randint(1, 3)]), form
    if form == "short":
        return "2001:db8::" + g[0], form
    full = ["2001", *g[1:]]
    if form == "padded":
        return ":".join(x.zfill(4) for x in full), form
    return (":".join(full).upper() if form == "upper" else ":".join(full)), form


def mac(rng, locale):
    o = [f"{rng.randint(0, 255):02x}" for _ in range(6)]
    o[0] = f"{rng.randint(0, 63) * 4:02x}"
    form = rng.choice([":", "-", "upper", "cisco"])
    if form == "cisco":
        s = "".join(o)
        return f"{s[:4]}.{s[4:8]}.{s[8:]}", form
    s = ("-" if form == "-" else ":").join(o)
    return (s.upper() if form == "upper" else s), form


def uuid(rng, locale):
    v = rng.choice("1457")
    s = f"{pick(rng, HEX, 8)}-{pick(rng, HEX, 4)}-{v}{pick(rng, HEX, 3)}-{rng.choice('89ab')}{pick(rng, HEX, 3)}-{pick(rng, HEX, 12)}"
    return (s.upper() if rng.random() < 0.15 else s), "v" + v


def userpath(rng, locale):
    return user(rng, locale), "user"


# ---- money --------------------------------------------------------------------------


def luhn_digit(body):
    total = sum((d * 2 - 9 if d > 4 else d * 2) if i % 2 == 0 else d for i, d in enumerate(map(int, reversed(body))))
    return str(-total % 10)


BRANDS = {"visa": (["4"], 16), "visa19": (["4"], 19), "mc": (["51", "52", "53", "54", "55"], 16), "mc2": (["2221", "2500", "2719"], 16), "amex": (["34", "37"], 15), "discover": (["6011", "644", "65"], 16),
          "diners": (["300", "305", "36", "38"], 14), "jcb": (["3528", "3555", "3589", "3501", "3596"], 16), "maestro": (["5018", "5020", "6304", "6759", "6761"], 16), "unionpay": (["6212", "6250", "6281"], 16), "mir": (["2200", "2204"], 16)}
GROUPS = {14: (4, 6, 4), 15: (4, 6, 5), 16: (4, 4, 4, 4), 19: (4, 4, 4, 4, 3)}


def card(rng, locale):
    brand = rng.choice(sorted(BRANDS))
    prefixes, n = BRANDS[brand]
    head = rng.choice(prefixes)
    body = head + pick(rng, DIGITS, n - 1 - len(head))
    full = body + luhn_digit(body)
    sep = rng.choice(["", "", " ", "-"])
    out, at = [], 0
    for g in GROUPS[n]:
        out.append(full[at:at + g])
        at += g
    return sep.join(out), brand + {"": "", " ": "/space", "-": "/dash"}[sep]


# structure of the BBAN: n digits, a capital letters, c both
IBANS = {"DE": "18n", "FR": "10n11c2n", "ES": "20n", "IT": "1a10n12c", "NL": "4a10n", "PL": "24n", "GB": "4a14n", "SE": "20n", "TR": "5n1n16c", "CH": "5n12c", "AT": "16n", "BE": "12n", "PT": "21n", "IE": "4a14n",
         "NO": "11n", "DK": "14n", "FI": "14n", "CZ": "20n", "HU": "24n", "RO": "4a16c", "GR": "7n16c", "LT": "16n", "BR": "23n1a1c", "AE": "19n", "SA": "2n18c", "IL": "19n", "MT": "4a5n18c", "HR": "17n", "SK": "20n",
         "UA": "6n19c", "LU": "3n13c", "EE": "16n"}


def bban(rng, spec):
    out, n = "", ""
    for c in spec:
        if c.isdigit():
            n += c
        else:
            out, n = out + pick(rng, {"n": DIGITS, "a": UPPER, "c": UPPER + DIGITS}[c], int(n)), ""
    return out


def iban(rng, locale):
    country = rng.choice(sorted(IBANS))
    b = bban(rng, IBANS[country])
    digits = "".join(str(int(c, 36)) for c in b + country + "00")
    s = f"{country}{98 - int(digits) % 97:02d}{b}"
    if rng.random() < 0.45:
        return " ".join(s[i:i + 4] for i in range(0, len(s), 4)), country + "/space"
    return (s.lower(), country + "/lower") if rng.random() < 0.05 else (s, country)


# ---- telephones, births, places -----------------------------------------------------

PHONES = {"de": ["+49 30 %7", "+49 (0) 89 %6", "0171 %7", "030/%8", "+49151%8"], "fr": ["+33 6 %2 %2 %2 %2", "06 %2 %2 %2 %2", "+33 1 %2 %2 %2 %2", "01.%2.%2.%2.%2"],
          "es": ["+34 6%2 %3 %3", "91 %3 %2 %2", "+346%8"], "it": ["+39 3%2 %7", "06 %8", "+39 02 %4 %4"], "nl": ["+31 6 %8", "06-%8", "+31 20 %3 %4"], "pl": ["+48 5%2 %3 %3", "22 %3 %2 %2", "+485%8"],
          "pt": ["+55 11 9%4-%4", "(21) 9%4-%4", "+55219%8"], "gb": ["+44 20 7%3 %4", "07%3 %6", "+447%9", "(0131) 4%2 %4", "020 7%3 %4"], "us": ["(415) 2%2-%4", "+1 212-3%2-%4", "646-4%2-%4", "+1305%7", "312.5%2.%4", "1-617-2%2-%4", "%3-2%2-%4x%3", "+1-%3-2%2-%4x%5", "001-%3-2%2-%4x%4"],
          "in": ["+91 98%3 %5", "098%8", "+91-98%8"], "sv": ["+46 70 %3 %2 %2", "08-%3 %3 %2", "070-%3 %2 %2"], "tr": ["+90 5%2 %3 %2 %2", "0532 %3 %2 %2", "(0212) %3 %2 %2"], "ja": ["+81 90-%4-%4", "090-%4-%4", "03-%4-%4"],
          "ru": ["+7 9%2 %3-%2-%2", "8 (495) %3-%2-%2", "8 9%2 %3 %2 %2"]}


def phone(rng, locale):
    out, spec = "", iter(rng.choice(PHONES[locale]))
    for c in spec:
        out += str(rng.randint(2, 9)) + pick(rng, DIGITS, int(next(spec)) - 1) if c == "%" else c
    return out, locale + ("/intl" if out[0] == "+" else "/national")


def dob(rng, locale):
    y, m, d = rng.randint(1932, 2009), rng.randint(1, 12), rng.randint(1, 28)
    form = rng.choice({"us": ["mdy", "iso", "text"], "gb": ["dmy", "iso", "textd"], "ja": ["iso", "ymd"], "sv": ["iso", "compact"]}.get(locale, ["dots", "iso", "dmy", "textd"]))
    month = "January February March April May June July August September October November December".split()[m - 1]
    return {"mdy": f"{m:02d}/{d:02d}/{y}", "dmy": f"{d:02d}/{m:02d}/{y}", "iso": f"{y}-{m:02d}-{d:02d}", "dots": f"{d:02d}.{m:02d}.{y}", "ymd": f"{y}/{m:02d}/{d:02d}", "compact": f"{y}{m:02d}{d:02d}",
            "text": f"{month} {d}, {y}", "textd": f"{d} {month[:3]} {y}"}[form], form


def coordinates(rng, locale):
    lat, lon = round(rng.uniform(-60, 70), rng.randint(4, 7)), round(rng.uniform(-170, 170), rng.randint(4, 7))
    return f"{lat},{' ' if rng.random() < 0.5 else ''}{lon}", "pair"


def ssn(rng, locale):
    a = rng.choice([x for x in (rng.randint(1, 899) for _ in range(9)) if x != 666])
    sep = rng.choice("--- ")
    return f"{a:03d}{sep}{rng.randint(1, 99):02d}{sep}{rng.randint(1, 9999):04d}", "dash" if sep == "-" else "space"


# ---- numbers of states, things, purses ----------------------------------------------


def nino(rng, _):
    s = rng.choice("ABCEGHJKLMNPRSTWXYZ") + rng.choice("ABCEGHJKLMNPRSTWXYZ")
    while s in ("BG", "GB", "NK", "KN", "TN", "NT", "ZZ"):
        s = rng.choice("ABCEHJLMPRSWXY") + rng.choice("ABCEHJLMPRSWXY")
    n = pick(rng, DIGITS, 6)
    return rng.choice([f"{s}{n}C", f"{s} {n[:2]} {n[2:4]} {n[4:]} A"])


def nhs(rng, _):
    while True:
        b = rng.choice("4679") + pick(rng, DIGITS, 8)
        c = 11 - sum(int(d) * (10 - i) for i, d in enumerate(b)) % 11
        if c != 10:
            s = b + str(c % 11)
            return rng.choice([s, f"{s[:3]} {s[3:6]} {s[6:]}"])


def steuer_id(rng, _):
    while True:
        digits = list(DIGITS)
        rng.shuffle(digits)
        b = digits[:9] + [digits[0]]
        rng.shuffle(b)
        if b[0] == "0" or any(b[i] == b[i + 1] == b[i + 2] for i in range(8)):
            continue
        p = 10
        for d in b:
            p = ((int(d) + p) % 10 or 10) * 2 % 11
        s = "".join(b) + str((11 - p) % 10)
        return rng.choice([s, f"{s[:2]} {s[2:5]} {s[5:8]} {s[8:]}"])


def nir(rng, _):
    b = f"{rng.choice('12')}{rng.randint(0, 99):02d}{rng.randint(1, 12):02d}{rng.randint(1, 95):02d}{rng.randint(1, 990):03d}{rng.randint(1, 999):03d}"
    return f"{b}{97 - int(b) % 97:02d}"


def dni(rng, _):
    n = rng.randint(10000000, 99999999)
    return f"{n}{'-' if rng.random() < 0.3 else ''}{'TRWAGMYFPDXBNJZSQVHLCKE'[n % 23]}"


def codice_fiscale(rng, _):
    cons = "BCDFGLMNPRSTVZ"
    s = pick(rng, cons, 6) + f"{rng.randint(30, 99)}" + rng.choice("ABCDEHLMPRST") + f"{rng.choice([0, 40]) + rng.randint(1, 28):02d}" + rng.choice("ABCDEFGHIL") + f"{rng.randint(1, 999):03d}"
    odd = dict(zip(DIGITS + UPPER, [1, 0, 5, 7, 9, 13, 15, 17, 19, 21] + [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]))
    total = sum(odd[c] if i % 2 == 0 else (int(c) if c.isdigit() else ord(c) - 65) for i, c in enumerate(s))
    return s + UPPER[total % 26]


def bsn(rng, _):
    while True:
        s = str(rng.randint(100000000, 999999999))
        if sum(int(d) * w for d, w in zip(s, (9, 8, 7, 6, 5, 4, 3, 2, -1))) % 11 == 0:
            return s


def pesel(rng, _):
    b = f"{rng.randint(40, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{pick(rng, DIGITS, 4)}"
    return b + str(-sum(int(d) * w for d, w in zip(b, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3))) % 10)


def cpf(rng, _):
    b = pick(rng, DIGITS, 9)
    for n in (10, 11):
        c = sum(int(d) * (n - i) for i, d in enumerate(b)) * 10 % 11 % 10
        b += str(c)
    return f"{b[:3]}.{b[3:6]}.{b[6:9]}-{b[9:]}" if rng.random() < 0.7 else b


D = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6], [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
     [5, 9, 8, 7, 6, 0, 4, 3, 2, 1], [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]]
P = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], [5, 8, 0, 3, 7, 9, 6, 1, 4, 2], [8, 9, 1, 6, 0, 4, 3, 5, 2, 7], [9, 4, 5, 3, 1, 2, 6, 8, 7, 0], [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
     [2, 7, 9, 3, 8, 0, 6, 4, 1, 5], [7, 0, 4, 6, 9, 1, 3, 2, 5, 8]]


def aadhaar(rng, _):
    b, c = rng.choice("23456789") + pick(rng, DIGITS, 10), 0
    for i, d in enumerate(reversed(b)):
        c = D[c][P[(i + 1) % 8][int(d)]]
    s = b + str([r.index(0) for r in D][c])
    return f"{s[:4]} {s[4:8]} {s[8:]}" if rng.random() < 0.7 else s


def pan_in(rng, _):
    return pick(rng, UPPER, 3) + rng.choice("PCHFT") + rng.choice(UPPER) + f"{rng.randint(1, 9999):04d}" + rng.choice(UPPER)


def sin_ca(rng, _):
    b = rng.choice("1234567") + pick(rng, DIGITS, 7)
    s = b + luhn_digit(b)
    return rng.choice([f"{s[:3]} {s[3:6]} {s[6:]}", f"{s[:3]}-{s[3:6]}-{s[6:]}"])


def tfn(rng, _):
    while True:
        s = str(rng.randint(100000000, 999999999))
        if sum(int(d) * w for d, w in zip(s, (1, 4, 3, 7, 5, 8, 6, 9, 10))) % 11 == 0:
            return rng.choice([s, f"{s[:3]} {s[3:6]} {s[6:]}"])


# value, and the words that go before it where people write of it
NATIONAL = {"nino": (nino, ["NINO", "national insurance number", "nino"]), "nhs": (nhs, ["NHS number", "nhs_number", "NHS no"]), "steuer_id": (steuer_id, ["Steuer-ID", "steuer_id", "tax id", "IdNr"]),
            "nir": (nir, ["NIR", "numéro de sécurité sociale", "nir"]), "dni": (dni, ["DNI", "dni", "NIF"]), "codice_fiscale": (codice_fiscale, ["codice fiscale", "codice_fiscale", "CF"]),
            "bsn": (bsn, ["BSN", "burgerservicenummer", "bsn"]), "pesel": (pesel, ["PESEL", "pesel"]), "cpf": (cpf, ["CPF", "cpf"]), "aadhaar": (aadhaar, ["Aadhaar", "aadhaar_number", "aadhaar no"]),
            "pan": (pan_in, ["PAN", "pan_card", "pan number"]), "sin": (sin_ca, ["SIN", "social insurance number"]), "tfn": (tfn, ["TFN", "tax file number", "tfn"])}


def national_id(rng, locale):
    kind = rng.choice(sorted(NATIONAL))
    return NATIONAL[kind][0](rng, locale), kind


def imei(rng, _):
    b = rng.choice(["35", "86", "01", "99"]) + pick(rng, DIGITS, 12)
    s = b + luhn_digit(b)
    return (s, "plain") if rng.random() < 0.8 else (f"{s[:2]}-{s[2:8]}-{s[8:14]}-{s[14]}", "dash")


def vin(rng, _):
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    value = dict(zip(letters, [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9]))
    value.update({d: int(d) for d in DIGITS})
    s = rng.choice(["1HG", "WVW", "JTD", "5YJ", "1FT", "2T1", "WBA", "3VW"]) + pick(rng, letters + DIGITS, 5) + "0" + rng.choice("ABCDEFGHJKLMNPR") + rng.choice(letters) + pick(rng, DIGITS, 6)
    c = sum(value[x] * w for x, w in zip(s, (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2))) % 11
    return s[:8] + ("X" if c == 10 else str(c)) + s[9:], s[:3]


def base58check(raw):
    raw += hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4]
    n, out = int.from_bytes(raw, "big"), ""
    while n:
        n, r = divmod(n, 58)
        out = B58[r] + out
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + out


def bech32(rng, hrp="bc"):
    charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    data = [0] + [rng.randrange(32) for _ in range(31)] + [rng.choice([0, 16])]

    def polymod(values):
        chk = 1
        for v in values:
            b, chk = chk >> 25, (chk & 0x1ffffff) << 5 ^ v
            for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
                chk ^= g if b >> i & 1 else 0
        return chk
    expanded = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp] + data
    p = polymod(expanded + [0] * 6) ^ 1
    return hrp + "1" + "".join(charset[d] for d in data + [p >> 5 * (5 - i) & 31 for i in range(6)])


def wallet(rng, _):
    form = rng.choice(["btc", "btc3", "bech32", "eth"])
    if form == "eth":
        return "0x" + pick(rng, HEX, 40), form
    if form == "bech32":
        return bech32(rng), form
    return base58check((b"\0" if form == "btc" else b"\5") + rng.randbytes(20)), form


# ---- credentials --------------------------------------------------------------------


def b64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwt(rng, _):
    alg = rng.choice(["HS256", "RS256", "ES256", "EdDSA"])
    head = {"alg": alg, "typ": "JWT"} if rng.random() < 0.7 else {"typ": "JWT", "kid": pick(rng, ALNUM, 8), "alg": alg}
    body = {"sub": pick(rng, DIGITS, 8), "iat": rng.randint(1500000000, 1800000000), "scope": "read write"}
    return ".".join([b64url(json.dumps(head, separators=(",", ":")).encode()), b64url(json.dumps(body, separators=(",", ":")).encode()), b64url(rng.randbytes(rng.choice([32, 64, 256])))]), alg


# A vendor's prefix stands apart from its rest, so that no scanner of repositories takes the generator for a leak.
API_KEYS = {"aws_id": ("AK" + "IA", UPPER + "234567", 16), "aws_temp": ("AS" + "IA", UPPER + "234567", 16), "github_fine": ("github" + "_pat_11", ALNUM, 75), "gitlab": ("gl" + "pat-", ALNUM + "_", 20), "google": ("AI" + "za", ALNUM + "-_", 35),
            "slack_bot": ("xo" + "xb-", DIGITS, 12), "stripe": ("sk" + "_live_", ALNUM, 24), "stripe_r": ("rk" + "_live_", ALNUM, 24), "sendgrid": ("S" + "G.", ALNUM + "-_", 22), "openai": ("sk" + "-proj-", ALNUM, 48),
            "anthropic": ("sk" + "-ant-api03-", ALNUM + "-_", 93), "npm": ("npm" + "_", ALNUM, 36), "pypi": ("pypi" + "-AgEIcHlwaS5vcmc", ALNUM + "-_", 60), "twilio": ("S" + "K", HEX, 32), "telegram": ("", DIGITS, 9), "mailgun": ("key" + "-", HEX, 32),
            "shopify": ("shp" + "at_", HEX, 32), "digitalocean": ("dop" + "_v1_", HEX, 64), "huggingface": ("hf" + "_", LETTERS, 34), "square": ("sq0" + "atp-", ALNUM + "-_", 22), "databricks": ("da" + "pi", HEX, 32), "doppler": ("dp" + ".pt.", ALNUM, 43)}


def crc32_b62(body):
    import zlib
    n, out = zlib.crc32(body.encode()), ""
    for _ in range(6):
        n, r = divmod(n, 62)
        out = (DIGITS + UPPER + string.ascii_lowercase)[r] + out
    return out


def api_key(rng, _):
    kind = rng.choice([*sorted(API_KEYS), "github", "github_o"])
    if kind.startswith("github") and kind != "github_fine":
        body = pick(rng, ALNUM, 30)
        return ("gh" + ("p_" if kind == "github" else "o_")) + body + crc32_b62(body), kind
    prefix, alphabet, n = API_KEYS[kind]
    s = prefix + pick(rng, alphabet, n)
    if kind == "slack_bot":
        s += "-" + pick(rng, DIGITS, 12) + "-" + pick(rng, ALNUM, 24)
    elif kind == "sendgrid":
        s += "." + pick(rng, ALNUM + "-_", 43)
    elif kind == "telegram":
        s = rng.choice("123456789") + s[1:] + ":AA" + pick(rng, ALNUM + "-_", 33)
    elif s[-1] in "-_":
        s = s[:-1] + "x"
    return s, kind


def password(rng, _):
    form = rng.choice(["word", "mixed", "symbols", "phrase", "leet", "any"])
    return {"word": lambda: rng.choice(["sommer", "dragon", "letmein", "monkey", "qwerty"]) + str(rng.randint(1, 9999)), "mixed": lambda: pick(rng, ALNUM, rng.randint(8, 20)),
            "symbols": lambda: pick(rng, LETTERS, 4) + pick(rng, "!#$*+^~_-", 3) + pick(rng, ALNUM, 5), "phrase": lambda: "-".join(rng.choice(["correct", "horse", "battery", "staple", "river"]) for _ in range(3)),
            "any": lambda: pick(rng, ALNUM + "!@#$%^*_+", 12) + rng.choice("aZ9"), "leet": lambda: rng.choice(["P4ssw0rd!", "S3cr3t#1", "Tr0ub4dor", "Hunter2x"]) + pick(rng, DIGITS, 2)}[form](), form


def bearer(rng, _):
    return rng.choice([pick(rng, ALNUM, rng.randint(24, 60)), pick(rng, HEX, 40), pick(rng, ALNUM + "-_", 42) + "A", "v1." + pick(rng, ALNUM, 40)]), "opaque"


def basic(rng, locale):
    return base64.b64encode(f"{user(rng, locale)}:{password(rng, locale)[0]}".encode()).decode(), "basic"


def session(rng, _):
    form = rng.choice(["alnum", "hex", "alnum"])
    return {"alnum": lambda: pick(rng, ALNUM, rng.choice([16, 22, 26, 32, 40])) + rng.choice("abc") + rng.choice(DIGITS), "hex": lambda: pick(rng, HEX, 31) + rng.choice(DIGITS)}[form](), form


def url_auth(rng, locale):
    form = rng.choice(["plain", "symbols", "encoded", "mail"])
    secret = {"plain": pick(rng, ALNUM, 12), "symbols": pick(rng, ALNUM, 4) + rng.choice("!$*+~_.") + pick(rng, ALNUM, 4) + rng.choice("=,;-"), "encoded": pick(rng, ALNUM, 3) + "%40" + pick(rng, ALNUM, 5) + "%2F", "mail": pick(rng, ALNUM, 10)}[form]
    return f"{user(rng, locale)}:{secret}", form


def pem(rng, _):
    body = base64.b64encode(rng.randbytes(rng.choice([120, 400]))).decode()
    lines = [body[i:i + 64] for i in range(0, len(body), 64)]
    return rng.choice(["\n", "\\n"]).join([""] + lines + [""]), "body"


TYPES = {"EMAIL": email, "IPV4": ipv4, "IPV6": ipv6, "MAC": mac, "UUID": uuid, "USER_PATH": userpath, "CREDIT_CARD": card, "IBAN": iban, "PHONE": phone, "DOB": dob, "COORDINATES": coordinates, "US_SSN": ssn,
         "NATIONAL_ID": national_id, "IMEI": imei, "VIN": vin, "WALLET": wallet, "JWT": jwt, "API_KEY": api_key, "PASSWORD": password, "BEARER": bearer, "BASIC": basic, "SESSION": session, "URL_AUTH": url_auth, "PEM_KEY": pem, "NAME": name}
