"""The divisions Sahut ships with, and the words by which citizens call their matters (domain.md §3.2).

A starting point: an office keeps, renames or adds divisions on the screen. Words are lower case;
where several divisions fit, the longest phrase found in the text wins (domain.md §3.3: “mati lampu”
is not “lampu jalan mati”).
"""

from dataclasses import dataclass

from django.db import transaction

from accounts.models import Division, LetterKind


@dataclass(frozen=True, slots=True)
class Shipped:
    """One division as shipped; `words` are separated by commas, `place` "" means the office's own city."""

    code: str
    name: str
    addressee: str
    words: str
    salutation: str = "Bapak/Ibu"

    def word_list(self) -> list[str]:
        """The citizens' words, one by one."""
        return [word.strip() for word in self.words.split(",") if word.strip()]


#: Functions of a Polda, written to by nota dinas.
INSIDE = (
    Shipped(
        "reskrimum", "Ditreskrimum", "Dirreskrimum Polda Kaltim",
        "begal, dibegal, jambret, maling, kemalingan, curanmor, rampok, dirampok, dikeroyok, "
        "dibacok, sajam, kdrt, pelecehan, cabul, anak hilang, diculik, preman, dipalak, "
        "penggelapan, laporan saya, sp2hp, motor hilang, pencurian",
        "Dir",
    ),
    Shipped(
        "reskrimsus", "Ditreskrimsus", "Dirreskrimsus Polda Kaltim",
        "tipu online, kena tipu, penipuan online, pinjol, judol, judi online, slot, akun dihack, "
        "sebar data, vcs, investasi bodong, hoaks, korupsi, tambang ilegal, gas oplosan, "
        "timbun bbm",
        "Dir",
    ),
    Shipped(
        "resnarkoba", "Ditresnarkoba", "Dirresnarkoba Polda Kaltim",
        "sabu, nyabu, ganja, inex, bandar, pil koplo, tramadol, sinte, transaksi barang, narkoba",
        "Dir",
    ),
    Shipped(
        "lantas", "Ditlantas", "Dirlantas Polda Kaltim",
        "sim, sim mati, bikin sim, perpanjang sim, sim keliling, sim nembak, stnk, bpkb, "
        "balik nama, cabut berkas, pelat, plat nomor, samsat, tilang, kena tilang, etle, "
        "surat cinta etle, razia, laka, tabrak lari, macet, balap liar, knalpot brong, "
        "lawan arah, strobo, truk odol, calo sim",
        "Dir",
    ),
    Shipped(
        "intelkam", "Ditintelkam", "Dirintelkam Polda Kaltim",
        "skck, skck online, izin keramaian, izin rame-rame, demo, sttp, senpi, orang asing",
        "Dir",
    ),
    Shipped(
        "samapta", "Ditsamapta", "Dirsamapta Polda Kaltim",
        "minta patroli, patroli, tawuran, geng motor, perang sarung, petasan, mabuk-mabukan, "
        "ribut",
        "Dir",
    ),
    Shipped(
        "binmas", "Ditbinmas", "Dirbinmas Polda Kaltim",
        "bhabin, bhabinkamtibmas, babin, siskamling, gada pratama, ijazah satpam, poskamling",
        "Dir",
    ),
    Shipped(
        "propam", "Bidpropam", "Kabidpropam Polda Kaltim",
        "oknum polisi, polisi minta duit, pungli, uang damai, damai di tempat, arogan, dibekingi, "
        "laporan ditolak",
        "Kabid",
    ),
    Shipped(
        "spkt", "SPKT", "Ka SPKT Polda Kaltim",
        "surat kehilangan, bikin laporan, lapor polisi",
        "Ka SPKT",
    ),
    Shipped(
        "sdm", "Biro SDM", "Karo SDM Polda Kaltim",
        "casis, bintara, akpol, tamtama, calo masuk polisi, penerimaan polri",
        "Karo",
    ),
    Shipped(
        "polairud", "Ditpolairud", "Dirpolairud Polda Kaltim",
        "laut, nelayan, kapal, perahu, trawl",
        "Dir",
    ),
    Shipped(
        "brimob", "Satbrimob", "Dansat Brimob Polda Kaltim",
        "bom, jihandak, mortir, benda mencurigakan",
        "Dansat",
    ),
    Shipped(
        "dokkes", "Biddokkes", "Kabiddokkes Polda Kaltim",
        "visum, rs bhayangkara",
        "Kabid",
    ),
    Shipped(
        "tahti", "Dittahti", "Dirtahti Polda Kaltim",
        "besuk tahanan, jenguk tahanan, jadwal besuk",
        "Dir",
    ),
    Shipped(
        "ppid", "PPID Bidhumas", "Kasubbid PID Bidhumas Polda Kaltim",
        "permintaan data, wawancara, magang, ppid",
        "Kasubbid",
    ),
)  # fmt: skip

#: Bodies of the city and others outside, written to by surat dinas.
OUTSIDE = (
    Shipped(
        "pdam", "Perumda Tirta Manuntung (PDAM)",
        "Direktur Utama Perumda Tirta Manuntung Balikpapan",
        "pdam, ptmb, air mati, air ga ngalir, air tidak mengalir, air ngadat, air keruh, air bau, "
        "pipa bocor, pipa pecah, air giliran, air tangki, meteran air, tagihan air, "
        "tagihan bengkak",
    ),
    Shipped(
        "pln", "PLN UP3 Balikpapan", "Manager PT PLN (Persero) UP3 Balikpapan",
        "pln, mati lampu, mati listrik, listrik mati, matlis, padam, byarpet, listrik turun, "
        "token listrik, njeglek, kabel putus, tiang miring, trafo meledak",
    ),
    Shipped(
        "pu", "Dinas Pekerjaan Umum", "Kepala Dinas Pekerjaan Umum Kota Balikpapan",
        "jalan rusak, jalan berlubang, berlubang, bolong, amblas, aspal, drainase, parit mampet, "
        "gorong-gorong, jembatan, trotoar, polisi tidur",
    ),
    Shipped(
        "dishub", "Dinas Perhubungan", "Kepala Dinas Perhubungan Kota Balikpapan",
        "lampu jalan mati, lampu jalan, pju, lampu merah mati, lampu merah, rambu, parkir liar, "
        "jukir, tukang parkir, angkot, halte, truk besar",
    ),
    Shipped(
        "dlh", "Dinas Lingkungan Hidup", "Kepala Dinas Lingkungan Hidup Kota Balikpapan",
        "sampah numpuk, sampah, tps, limbah, asap bakar sampah, bakar sampah, pohon mau tumbang, "
        "pohon tumbang, bising",
    ),
    Shipped(
        "satpolpp", "Satpol PP", "Kepala Satuan Polisi Pamong Praja Kota Balikpapan",
        "satpol pp, pkl, lapak, miras, warung remang, reklame, pengemis, pengamen, "
        "manusia silver, odgj",
    ),
    Shipped(
        "disdukcapil", "Disdukcapil",
        "Kepala Dinas Kependudukan dan Pencatatan Sipil Kota Balikpapan",
        "ktp, e-ktp, kartu keluarga, akta, akte, kia, pindah domisili, ikd, blangko habis",
    ),
    Shipped(
        "disdikbud", "Disdikbud", "Kepala Dinas Pendidikan dan Kebudayaan Kota Balikpapan",
        "ppdb, spmb, zonasi, guru, pungutan sekolah, pungutan, lks, seragam, ijazah ditahan, "
        "bullying",
    ),
    Shipped(
        "dinkes", "Dinas Kesehatan", "Kepala Dinas Kesehatan Kota Balikpapan",
        "puskesmas, rsud, ditolak rs, antri berobat, rujukan, faskes, dbd, fogging, ambulans, "
        "kis mati",
    ),
    Shipped(
        "bpjs", "BPJS Kesehatan", "Kepala BPJS Kesehatan Cabang Balikpapan",
        "bpjs, bpjs mati, iuran bpjs",
    ),
    Shipped(
        "diskominfo", "Diskominfo / PPID Utama",
        "Kepala Dinas Komunikasi dan Informatika Kota Balikpapan",
        "minta data, transparansi, aplikasi eror, cctv, wifi, sinyal",
    ),
    Shipped(
        "dinsos", "Dinas Sosial", "Kepala Dinas Sosial Kota Balikpapan",
        "bansos, pkh, dtsen, bantuan sosial",
    ),
    Shipped(
        "disnaker", "Dinas Ketenagakerjaan", "Kepala Dinas Ketenagakerjaan Kota Balikpapan",
        "loker, lowongan kerja, thr, umk, gaji tidak dibayar",
    ),
    Shipped(
        "disdag", "Dinas Perdagangan", "Kepala Dinas Perdagangan Kota Balikpapan",
        "gas melon, harga sembako, harga naik, pasar",
    ),
    Shipped(
        "dpmptsp", "DPMPTSP",
        "Kepala Dinas Penanaman Modal dan Pelayanan Terpadu Satu Pintu Kota Balikpapan",
        "nib, pbg, izin usaha, imb",
    ),
    Shipped(
        "bapenda", "Bapenda", "Kepala Badan Pendapatan Daerah Kota Balikpapan",
        "pbb, pajak bumi, pajak restoran",
    ),
    Shipped(
        "bkpsdm", "BKPSDM",
        "Kepala Badan Kepegawaian dan Pengembangan SDM Kota Balikpapan",
        "pppk, cpns, honorer",
    ),
    Shipped(
        "dp3akb", "DP3AKB",
        "Kepala Dinas Pemberdayaan Perempuan, Perlindungan Anak dan KB Kota Balikpapan",
        "kdrt anak, kekerasan anak, kekerasan perempuan",
    ),
    Shipped(
        "bpbd", "BPBD", "Kepala Badan Penanggulangan Bencana Daerah Kota Balikpapan",
        "banjir, longsor, rumah roboh",
    ),
    Shipped(
        "damkar", "Damkar", "Kepala Dinas Pemadam Kebakaran dan Penyelamatan Kota Balikpapan",
        "kebakaran, ular masuk rumah, ular, tawon",
    ),
    Shipped(
        "kecamatan", "Kecamatan dan kelurahan", "Camat setempat",
        "kelurahan, kecamatan, lurah, pak rt, ketua rt",
    ),
    Shipped(
        "bpn", "BPN", "Kepala Kantor Pertanahan Kota Balikpapan",
        "sertifikat tanah, bpn, sengketa tanah",
    ),
    Shipped(
        "pertamina", "Pertamina", "Sales Area Manager Pertamina Patra Niaga Balikpapan",
        "bbm langka, antre bbm, pertalite, solar, spbu, elpiji, lpg",
    ),
    Shipped(
        "imigrasi", "Imigrasi", "Kepala Kantor Imigrasi Kelas I TPI Balikpapan",
        "paspor, imigrasi, m-paspor",
    ),
    Shipped(
        "bbpjn", "BBPJN Kaltim", "Kepala Balai Besar Pelaksanaan Jalan Nasional Kaltim",
        "jalan nasional, jalan poros, jalan negara",
    ),
    Shipped(
        "telkom", "Telkom", "General Manager Telkom Witel Balikpapan",
        "indihome, internet mati, telkom, kabel telkom",
    ),
    Shipped(
        "bank", "Bank", "Pimpinan Cabang bank terkait",
        "atm, kartu tertelan, rekening, mobile banking",
    ),
)  # fmt: skip


def make_divisions(*, city: str) -> int:
    """Make the shipped divisions that are not there yet; what the office changed stays. Returns how many.

    `city` is where outside bodies are written to.
    """
    with transaction.atomic():
        known = set(Division.objects.values_list("code", flat=True))
        wanted = [(shipped, LetterKind.NOTA_DINAS) for shipped in INSIDE]
        wanted += [(shipped, LetterKind.SURAT) for shipped in OUTSIDE]
        made = Division.objects.bulk_create(
            Division(
                code=shipped.code,
                name=shipped.name,
                addressee=shipped.addressee,
                salutation=shipped.salutation,
                letter_kind=kind,
                place=city,
                words=shipped.word_list(),
            )
            for shipped, kind in wanted
            if shipped.code not in known
        )
    return len(made)
