"""Bodies of a city or regency, companies, and offices of the centre (domain.md §3.2).

To the police they are outside: a letter. The Setda of a Pemkot also writes a letter (surat dinas) to its own
perangkat daerah, and a nota dinas only to a Bagian of the Setda itself (domain.md §2.1).
"""

from dataclasses import replace

from accounts.catalogue_police import INFORMATION
from accounts.catalogue_shipped import Shipped
from accounts.models import LetterKind

_ND = LetterKind.NOTA_DINAS

_REPAIR = "pengecekan di lapangan dan penjelasan rencana perbaikannya"
_SERVICE = "penjelasan persyaratan dan perkiraan waktu penyelesaian layanannya"
_RECOVERY = "penjelasan penyebab gangguan dan perkiraan waktu pulih"
_ORDER = "pengecekan di lapangan dan penertiban sesuai ketentuan"
_RULES = "penjelasan ketentuan yang berlaku"
_STATUS = "penjelasan status dan tindak lanjutnya"

#: Perangkat daerah and their units.
CITY = (
    Shipped("pu", "Dinas Pekerjaan Umum", "Kepala Dinas Pekerjaan Umum {wilayah}", _REPAIR,
            "jalan rusak, jalan berlubang, berlubang, bolong, amblas, aspal, drainase, parit mampet, "
            "gorong-gorong, jembatan, trotoar, polisi tidur"),
    Shipped("pu-bina-marga", "Bidang Bina Marga", "Kepala Bidang Bina Marga Dinas Pekerjaan Umum {wilayah}", _REPAIR,
            parent="pu"),
    Shipped("pu-sumber-daya-air", "Bidang Sumber Daya Air",
            "Kepala Bidang Sumber Daya Air Dinas Pekerjaan Umum {wilayah}", _REPAIR, parent="pu"),
    Shipped("dishub", "Dinas Perhubungan", "Kepala Dinas Perhubungan {wilayah}", _REPAIR,
            "lampu jalan mati, lampu jalan, pju, lampu merah mati, lampu merah, rambu, parkir liar, "
            "jukir, tukang parkir, angkot, halte, truk besar"),
    Shipped("dlh", "Dinas Lingkungan Hidup", "Kepala Dinas Lingkungan Hidup {wilayah}", _STATUS,
            "sampah numpuk, sampah, tps, limbah, asap bakar sampah, bakar sampah, pohon mau tumbang, "
            "pohon tumbang, bising"),
    Shipped("satpolpp", "Satpol PP", "Kepala Satuan Polisi Pamong Praja {wilayah}", _ORDER,
            "satpol pp, pkl, lapak, miras, warung remang, reklame, pengemis, pengamen, "
            "manusia silver, odgj"),
    Shipped("disdukcapil", "Disdukcapil", "Kepala Dinas Kependudukan dan Pencatatan Sipil {wilayah}", _SERVICE,
            "ktp, e-ktp, kartu keluarga, akta, akte, kia, pindah domisili, ikd, blangko habis"),
    Shipped("disdikbud", "Disdikbud", "Kepala Dinas Pendidikan dan Kebudayaan {wilayah}", _STATUS,
            "ppdb, spmb, zonasi, guru, pungutan sekolah, pungutan, lks, seragam, ijazah ditahan, bullying"),
    Shipped("dinkes", "Dinas Kesehatan", "Kepala Dinas Kesehatan {wilayah}", _STATUS,
            "puskesmas, rsud, ditolak rs, antri berobat, rujukan, faskes, dbd, fogging, ambulans, kis mati"),
    Shipped("dinkes-rumah-sakit", "Rumah sakit umum daerah", "Direktur Rumah Sakit Umum Daerah {wilayah}",
            _STATUS, parent="dinkes"),
    Shipped("diskominfo", "Diskominfo", "Kepala Dinas Komunikasi dan Informatika {wilayah}",
            "data atau keterangan yang dapat disampaikan kepada pemohon",
            "minta data, transparansi, aplikasi eror, cctv, wifi, sinyal", contacts=("public SMS LAPOR! 1708",)),
    Shipped("dinsos", "Dinas Sosial", "Kepala Dinas Sosial {wilayah}", _STATUS, "bansos, pkh, dtsen, bantuan sosial"),
    Shipped("disnaker", "Dinas Ketenagakerjaan", "Kepala Dinas Ketenagakerjaan {wilayah}", _RULES,
            "loker, lowongan kerja, thr, umk, gaji tidak dibayar"),
    Shipped("disdag", "Dinas Perdagangan", "Kepala Dinas Perdagangan {wilayah}", _STATUS,
            "gas melon, harga sembako, harga naik, pasar"),
    Shipped("dpmptsp", "DPMPTSP", "Kepala Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu {wilayah}",
            _SERVICE, "nib, pbg, izin usaha, imb"),
    Shipped("bapenda", "Bapenda", "Kepala Badan Pendapatan Daerah {wilayah}", _SERVICE,
            "pbb, pajak bumi, pajak restoran"),
    Shipped("bkpsdm", "BKPSDM", "Kepala Badan Kepegawaian dan Pengembangan SDM {wilayah}", _RULES,
            "pppk, cpns, honorer"),
    Shipped("dp3akb", "DP3AKB", "Kepala Dinas Pemberdayaan Perempuan, Perlindungan Anak dan KB {wilayah}",
            "pendampingan dan penjelasan tindak lanjut yang dapat disampaikan",
            "kdrt anak, kekerasan anak, kekerasan perempuan"),
    Shipped("dp3akb-pendampingan", "Unit pendampingan perempuan dan anak",
            "Kepala UPTD Perlindungan Perempuan dan Anak {wilayah}",
            "pendampingan dan penjelasan tindak lanjut yang dapat disampaikan", parent="dp3akb"),
    Shipped("bpbd", "BPBD", "Kepala Badan Penanggulangan Bencana Daerah {wilayah}",
            "penanganan segera dan penjelasan keadaan terakhir", "banjir, longsor, rumah roboh",
            contacts=("public 112",)),
    Shipped("damkar", "Damkar", "Kepala Dinas Pemadam Kebakaran dan Penyelamatan {wilayah}",
            "penanganan segera dan penjelasan keadaan terakhir", "kebakaran, ular masuk rumah, ular, tawon",
            contacts=("public 112",)),
    Shipped("kecamatan", "Kecamatan dan kelurahan", "Camat setempat", _STATUS,
            "kelurahan, kecamatan, lurah, pak rt, ketua rt"),
)  # fmt: skip

#: Companies and offices of the centre.
OTHERS = (
    Shipped("pdam", "PDAM {kota}", "Direktur Utama Perusahaan Umum Daerah Air Minum {wilayah}", _RECOVERY,
            "pdam, ptmb, air mati, air ga ngalir, air tidak mengalir, air ngadat, air keruh, air bau, "
            "pipa bocor, pipa pecah, air giliran, air tangki, meteran air, tagihan air, tagihan bengkak"),
    Shipped("pln", "PLN UP3 {kota}", "Manager PT PLN (Persero) UP3 {kota}", _RECOVERY,
            "pln, mati lampu, mati listrik, listrik mati, matlis, padam, byarpet, listrik turun, "
            "token listrik, njeglek, kabel putus, tiang miring, trafo meledak", contacts=("public 123",)),
    Shipped("bpjs", "BPJS Kesehatan", "Kepala BPJS Kesehatan Cabang {kota}", _SERVICE, "bpjs, bpjs mati, iuran bpjs"),
    Shipped("bpn", "BPN", "Kepala Kantor Pertanahan {wilayah}", _SERVICE, "sertifikat tanah, bpn, sengketa tanah"),
    Shipped("pertamina", "Pertamina", "Sales Area Manager Pertamina Patra Niaga {kota}", _STATUS,
            "bbm langka, antre bbm, pertalite, solar, spbu, elpiji, lpg"),
    Shipped("imigrasi", "Imigrasi", "Kepala Kantor Imigrasi {kota}", _SERVICE, "paspor, imigrasi, m-paspor"),
    Shipped("bbpjn", "BBPJN {provinsi}", "Kepala Balai Besar Pelaksanaan Jalan Nasional {provinsi}", _REPAIR,
            "jalan nasional, jalan poros, jalan negara"),
    Shipped("telkom", "Telkom", "General Manager Telkom Witel {kota}", _RECOVERY,
            "indihome, internet mati, telkom, kabel telkom"),
    Shipped("bank", "Bank", "Pimpinan Cabang bank terkait", _STATUS,
            "atm, kartu tertelan, rekening, mobile banking"),
)  # fmt: skip


def _bagian(code: str, name: str, asks: str, words: str = "") -> Shipped:
    """A Bagian of the own Setda: nota dinas."""
    addressee = f"Kepala {name} Sekretariat Daerah {{wilayah}}"
    return Shipped(code, name, addressee, asks, words, parent="setda", kind=_ND)


#: The Setda whose Bagian Humas the desk belongs to.
SETDA = (
    Shipped("setda", "Sekretariat Daerah", "Sekretaris Daerah {wilayah}", "petunjuk lebih lanjut", kind=_ND),
    _bagian("bag-pemerintahan", "Bagian Pemerintahan", _RULES, "batas wilayah, pemekaran"),
    _bagian("bag-kesra", "Bagian Kesejahteraan Rakyat", _STATUS, "hibah rumah ibadah, insentif marbot, insentif guru ngaji"),
    _bagian("bag-hukum", "Bagian Hukum", _RULES, "perda, perwali, perbup"),
    _bagian("bag-ekonomi", "Bagian Perekonomian", _RULES, "inflasi, kredit usaha"),
    _bagian("bag-pengadaan", "Bagian Pengadaan Barang dan Jasa", _STATUS, "lelang proyek, tender"),
    _bagian("bag-pembangunan", "Bagian Administrasi Pembangunan", _STATUS, "proyek mangkrak"),
    _bagian("bag-organisasi", "Bagian Organisasi", _RULES, "jam pelayanan, standar pelayanan"),
    _bagian("bag-umum", "Bagian Umum", _STATUS, "pinjam gedung, sewa aula"),
    _bagian("bag-protokol", "Bagian Protokol dan Komunikasi Pimpinan", _STATUS, "undangan walikota, undangan bupati, audiensi"),
)  # fmt: skip

#: Perangkat daerah that only the own government writes to (the others above it writes to as well).
MORE_CITY = (
    Shipped("dprd", "Sekretariat DPRD", "Sekretaris Dewan Perwakilan Rakyat Daerah {wilayah}", _STATUS, "anggota dewan, reses"),
    Shipped("inspektorat", "Inspektorat", "Inspektur {wilayah}", "penelitian atas pengaduan dan pemberitahuan perkembangannya",
            "oknum pns, oknum asn, pegawai bolos"),
    Shipped("bappeda", "Bappeda", "Kepala Badan Perencanaan Pembangunan Daerah {wilayah}", _STATUS, "musrenbang, rencana pembangunan"),
    Shipped("bpkad", "BPKAD", "Kepala Badan Pengelolaan Keuangan dan Aset Daerah {wilayah}", _STATUS, "aset pemkot, aset pemda, tpp belum cair"),
    Shipped("kesbangpol", "Kesbangpol", "Kepala Badan Kesatuan Bangsa dan Politik {wilayah}", _RULES, "ormas, izin penelitian"),
    Shipped("disperkim", "Disperkim", "Kepala Dinas Perumahan dan Permukiman {wilayah}", _REPAIR,
            "rumah tidak layak huni, bedah rumah, rusunawa, taman kota, makam"),
    Shipped("dispora", "Dinas Pemuda, Olahraga dan Pariwisata", "Kepala Dinas Pemuda, Olahraga dan Pariwisata {wilayah}", _STATUS,
            "lapangan olahraga, gor, stadion, tempat wisata, retribusi pantai"),
    Shipped("diskop", "Dinas Koperasi dan UMKM", "Kepala Dinas Koperasi, Usaha Mikro, Kecil dan Menengah {wilayah}", _SERVICE,
            "bantuan usaha, koperasi"),
    Shipped("dispangan", "Dinas Pangan, Pertanian dan Perikanan", "Kepala Dinas Pangan, Pertanian dan Perikanan {wilayah}", _STATUS,
            "pupuk, sapi kurban, rabies, pangan murah"),
    Shipped("dispustakar", "Dinas Perpustakaan dan Arsip", "Kepala Dinas Perpustakaan dan Arsip {wilayah}", _SERVICE, "perpustakaan"),
    Shipped("kecamatan-kelurahan", "Kelurahan setempat", "Lurah setempat", _STATUS, parent="kecamatan"),
    Shipped("disdag-pasar", "Unit pengelola pasar", "Kepala UPT Pasar Dinas Perdagangan {wilayah}", _STATUS, parent="disdag"),
    Shipped("dlh-tempat-pemrosesan", "Unit tempat pemrosesan akhir",
            "Kepala UPT Tempat Pemrosesan Akhir Dinas Lingkungan Hidup {wilayah}", _STATUS, parent="dlh"),
)  # fmt: skip

#: In a city government the information officer (PPID Utama) is Diskominfo; the police have their own.
OWN_CITY = tuple(
    replace(row, words=f"{row.words}, {INFORMATION}") if row.code == "diskominfo" else row
    for row in CITY + MORE_CITY
)

#: What domain.md §3.2 knows of one city: code → fields that differ there.
LOCAL: dict[str, dict[str, dict[str, str | tuple[str, ...]]]] = {
    "Balikpapan": {
        "pdam": {
            "name": "Perumda Tirta Manuntung (PDAM)",
            "addressee": "Direktur Utama Perumda Tirta Manuntung Balikpapan",
            "contacts": ("whatsapp 0816200110", "public 0542-878991", "public 0542-878992",
                         "public Instagram @ptmb_commandcenter"),
        },
        "imigrasi": {"addressee": "Kepala Kantor Imigrasi Kelas I TPI Balikpapan"},
    }
}  # fmt: skip
