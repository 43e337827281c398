"""Functions of a Polda and of a Polres, and the police as a city government sees it (domain.md §3.2).

Inside one Polda or Polres the desk writes a nota dinas; to the other level, and from a city government to
either, a letter (domain.md §2.1: “Polda → Polres jajaran: surat biasa”). A Polsek is written to by letter
too, as the level below.
"""

from accounts.catalogue_shipped import Shipped
from accounts.models import LetterKind

_ND = LetterKind.NOTA_DINAS

# The citizens' words per matter; which body owns them depends on the office.
CRIME = (
    "begal, dibegal, jambret, maling, kemalingan, curanmor, rampok, dirampok, dikeroyok, "
    "dibacok, sajam, kdrt, pelecehan, cabul, anak hilang, diculik, preman, dipalak, "
    "penggelapan, laporan saya, sp2hp, motor hilang, pencurian"
)
SPECIAL_CRIME = (
    "tipu online, kena tipu, penipuan online, pinjol, judol, judi online, slot, akun dihack, "
    "sebar data, vcs, investasi bodong, hoaks, korupsi, tambang ilegal, gas oplosan, timbun bbm"
)
DRUGS = "sabu, nyabu, ganja, inex, bandar, pil koplo, tramadol, sinte, transaksi barang, narkoba"
TRAFFIC = (
    "sim, sim mati, bikin sim, perpanjang sim, sim keliling, sim nembak, stnk, bpkb, "
    "balik nama, cabut berkas, pelat, plat nomor, samsat, tilang, kena tilang, etle, "
    "surat cinta etle, razia, laka, tabrak lari, macet, balap liar, knalpot brong, "
    "lawan arah, strobo, truk odol, calo sim"
)
PERMITS = "skck, skck online, izin keramaian, izin rame-rame, demo, sttp, senpi, orang asing"
PATROL = "minta patroli, patroli, tawuran, geng motor, perang sarung, petasan, mabuk-mabukan, ribut"
COMMUNITY = "bhabin, bhabinkamtibmas, babin, siskamling, gada pratama, ijazah satpam, poskamling"
CONDUCT = (
    "oknum polisi, polisi minta duit, pungli, uang damai, damai di tempat, arogan, dibekingi, "
    "laporan ditolak"
)
REPORTS = "surat kehilangan, bikin laporan, lapor polisi"
JOINING = "casis, bintara, akpol, tamtama, calo masuk polisi, penerimaan polri"
SEA = "laut, nelayan, kapal, perahu, trawl"
BOMBS = "bom, jihandak, mortir, benda mencurigakan"
MEDICAL = "visum, rs bhayangkara"
CUSTODY = "besuk tahanan, jenguk tahanan, jadwal besuk"
INFORMATION = "permintaan data, wawancara, magang, ppid"

# What one usually asks of each; continues “mohon …”.
_CASE = "penjelasan perkembangan penanganan perkara yang dapat disampaikan kepada pelapor"
_ACTION = "pengecekan di lapangan dan penjelasan tindak lanjutnya"
_SERVICE = "penjelasan persyaratan, biaya resmi, dan perkiraan waktu penyelesaiannya"
_INQUIRY = "penelitian atas pengaduan dan pemberitahuan perkembangannya"
_DATA = "data atau keterangan yang dapat disampaikan kepada pemohon"

POLDA = (
    Shipped("reskrimum", "Ditreskrimum", "Dirreskrimum {polda}", _CASE, CRIME, "Dir", kind=_ND),
    Shipped("reskrimum-jatanras", "Subdit Jatanras", "Kasubdit Jatanras Ditreskrimum {polda}", _CASE,
            salutation="Kasubdit", parent="reskrimum", kind=_ND),
    Shipped("reskrimum-renakta", "Subdit Renakta", "Kasubdit Renakta Ditreskrimum {polda}", _CASE,
            salutation="Kasubdit", parent="reskrimum", kind=_ND),
    Shipped("reskrimsus", "Ditreskrimsus", "Dirreskrimsus {polda}", _CASE, SPECIAL_CRIME, "Dir", kind=_ND),
    Shipped("reskrimsus-siber", "Subdit Siber", "Kasubdit Siber Ditreskrimsus {polda}", _CASE,
            salutation="Kasubdit", parent="reskrimsus", kind=_ND),
    Shipped("reskrimsus-tipidter", "Subdit Tipidter", "Kasubdit Tipidter Ditreskrimsus {polda}", _CASE,
            salutation="Kasubdit", parent="reskrimsus", kind=_ND),
    Shipped("reskrimsus-tipidkor", "Subdit Tipidkor", "Kasubdit Tipidkor Ditreskrimsus {polda}", _CASE,
            salutation="Kasubdit", parent="reskrimsus", kind=_ND),
    Shipped("resnarkoba", "Ditresnarkoba", "Dirresnarkoba {polda}", _ACTION, DRUGS, "Dir", kind=_ND),
    Shipped("lantas", "Ditlantas", "Dirlantas {polda}", _SERVICE, TRAFFIC, "Dir", kind=_ND),
    Shipped("lantas-regident", "Subdit Regident", "Kasubdit Regident Ditlantas {polda}", _SERVICE,
            salutation="Kasubdit", parent="lantas", kind=_ND),
    Shipped("lantas-gakkum", "Subdit Gakkum", "Kasubdit Gakkum Ditlantas {polda}",
            "penjelasan dasar penindakan dan cara penyelesaiannya",
            salutation="Kasubdit", parent="lantas", kind=_ND),
    Shipped("lantas-kamsel", "Subdit Kamsel", "Kasubdit Kamsel Ditlantas {polda}", _ACTION,
            salutation="Kasubdit", parent="lantas", kind=_ND),
    Shipped("intelkam", "Ditintelkam", "Dirintelkam {polda}", _SERVICE, PERMITS, "Dir", kind=_ND),
    Shipped("samapta", "Ditsamapta", "Dirsamapta {polda}", _ACTION, PATROL, "Dir", kind=_ND),
    Shipped("binmas", "Ditbinmas", "Dirbinmas {polda}", _ACTION, COMMUNITY, "Dir", kind=_ND),
    Shipped("propam", "Bidpropam", "Kabidpropam {polda}", _INQUIRY, CONDUCT, "Kabid", kind=_ND),
    Shipped("itwasda", "Itwasda", "Irwasda {polda}", _INQUIRY, salutation="Irwasda", kind=_ND),
    Shipped("spkt", "SPKT", "Ka SPKT {polda}", _SERVICE, REPORTS, "Ka SPKT", kind=_ND,
            contacts=("public 110",)),
    Shipped("sdm", "Biro SDM", "Karo SDM {polda}", "penjelasan ketentuan dan jadwal yang berlaku", JOINING,
            "Karo", kind=_ND),
    Shipped("polairud", "Ditpolairud", "Dirpolairud {polda}", _ACTION, SEA, "Dir", kind=_ND),
    Shipped("brimob", "Satbrimob", "Dansat Brimob {polda}", _ACTION, BOMBS, "Dansat", kind=_ND),
    Shipped("dokkes", "Biddokkes", "Kabiddokkes {polda}", _SERVICE, MEDICAL, "Kabid", kind=_ND),
    Shipped("tahti", "Dittahti", "Dirtahti {polda}", "penjelasan jadwal dan tata cara kunjungan", CUSTODY,
            "Dir", kind=_ND),
    Shipped("ppid", "PPID Bidhumas", "Kasubbid PID Bidhumas {polda}", _DATA, INFORMATION, "Kasubbid", kind=_ND),
    Shipped("polres", "{polres}", "{kapolres}", _ACTION),
)  # fmt: skip

POLRES = (
    Shipped("reskrim", "Satreskrim", "Kasatreskrim {polres}", _CASE, f"{CRIME}, {SPECIAL_CRIME}", "Kasat", kind=_ND),
    Shipped("reskrim-anak", "Unit PPA Satreskrim", "Kanit PPA Satreskrim {polres}", _CASE,
            salutation="Kanit", parent="reskrim", kind=_ND),
    Shipped("reskrim-jatanras", "Unit Jatanras", "Kanit Jatanras Satreskrim {polres}", _CASE,
            salutation="Kanit", parent="reskrim", kind=_ND),
    Shipped("reskrim-tipidter", "Unit Tipidter", "Kanit Tipidter Satreskrim {polres}", _CASE,
            salutation="Kanit", parent="reskrim", kind=_ND),
    Shipped("resnarkoba", "Satresnarkoba", "Kasatresnarkoba {polres}", _ACTION, DRUGS, "Kasat", kind=_ND),
    Shipped("lantas", "Satlantas", "Kasatlantas {polres}", _SERVICE, TRAFFIC, "Kasat", kind=_ND),
    Shipped("lantas-satpas", "Satpas", "Kanit Regident Satlantas {polres}", _SERVICE,
            salutation="Kanit", parent="lantas", attention="Baur SIM", kind=_ND),
    Shipped("lantas-samsat", "Unit Regident di kantor bersama", "Kanit Regident Satlantas {polres}", _SERVICE,
            salutation="Kanit", parent="lantas", attention="Pamin Samsat", kind=_ND),
    Shipped("lantas-gakkum", "Unit Gakkum", "Kanit Gakkum Satlantas {polres}",
            "penjelasan dasar penindakan dan cara penyelesaiannya",
            salutation="Kanit", parent="lantas", kind=_ND),
    Shipped("lantas-kamsel", "Unit Kamsel", "Kanit Kamsel Satlantas {polres}", _ACTION,
            salutation="Kanit", parent="lantas", kind=_ND),
    Shipped("intelkam", "Satintelkam", "Kasatintelkam {polres}", _SERVICE, PERMITS, "Kasat", kind=_ND),
    Shipped("samapta", "Satsamapta", "Kasatsamapta {polres}", _ACTION, PATROL, "Kasat", kind=_ND),
    Shipped("binmas", "Satbinmas", "Kasatbinmas {polres}", _ACTION, COMMUNITY, "Kasat", kind=_ND),
    Shipped("propam", "Sipropam", "Kasipropam {polres}", _INQUIRY, CONDUCT, "Kasi", kind=_ND),
    Shipped("siwas", "Siwas", "Kasiwas {polres}", _INQUIRY, salutation="Kasi", kind=_ND),
    Shipped("spkt", "SPKT", "Ka SPKT {polres}", _SERVICE, REPORTS, "Ka SPKT", kind=_ND,
            contacts=("public 110",)),
    Shipped("sdm", "Bag SDM", "Kabag SDM {polres}", "penjelasan ketentuan dan jadwal yang berlaku", JOINING,
            "Kabag", kind=_ND),
    Shipped("polairud", "Satpolairud", "Kasatpolairud {polres}", _ACTION, SEA, "Kasat", kind=_ND),
    Shipped("dokkes", "Sidokkes", "Kasidokkes {polres}", _SERVICE, MEDICAL, "Kasi", kind=_ND),
    Shipped("tahti", "Sattahti", "Kasattahti {polres}", "penjelasan jadwal dan tata cara kunjungan", CUSTODY,
            "Kasat", kind=_ND),
    Shipped("ppid", "PPID Sihumas", "Kasihumas {polres}", _DATA, INFORMATION, "Kasi", kind=_ND),
    Shipped("polsek", "Polsek jajaran", "Kapolsek setempat", _ACTION, "polsek, kapolsek"),
    # The level above; where it sits is another city more often than not, so the place stays empty.
    Shipped("bidhumas", "Bidhumas {polda}", "Kabidhumas {polda}", _DATA, salutation="Kabid", place=""),
    Shipped("reskrimsus", "Ditreskrimsus {polda}", "Dirreskrimsus {polda}", _CASE,
            salutation="Dir", parent="bidhumas", place=""),
    Shipped("brimob", "Satbrimob {polda}", "Dansat Brimob {polda}", _ACTION, BOMBS, "Dansat",
            parent="bidhumas", place=""),
)  # fmt: skip

#: From a city government: the letter goes to the Kapolres, for the attention of the function.
POLICE_OUTSIDE = (
    Shipped("polres", "{polres}", "{kapolres}", _ACTION, f"{REPORTS}, {PATROL}, {COMMUNITY}, {JOINING}, {CUSTODY}",
            contacts=("public 110",)),
    Shipped("reskrim", "Satreskrim {polres}", "{kapolres}", _CASE, f"{CRIME}, {SPECIAL_CRIME}",
            parent="polres", attention="Kasatreskrim"),
    Shipped("resnarkoba", "Satresnarkoba {polres}", "{kapolres}", _ACTION, DRUGS,
            parent="polres", attention="Kasatresnarkoba"),
    Shipped("lantas", "Satlantas {polres}", "{kapolres}", _SERVICE, TRAFFIC,
            parent="polres", attention="Kasatlantas"),
    Shipped("intelkam", "Satintelkam {polres}", "{kapolres}", _SERVICE, PERMITS,
            parent="polres", attention="Kasatintelkam"),
    Shipped("propam", "Sipropam {polres}", "{kapolres}", _INQUIRY, CONDUCT,
            parent="polres", attention="Kasipropam"),
    Shipped("polairud", "Satpolairud {polres}", "{kapolres}", _ACTION, SEA,
            parent="polres", attention="Kasatpolairud"),
)  # fmt: skip
