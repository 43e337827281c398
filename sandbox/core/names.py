"""Names for citizens who have none: made of common first and second names, nobody's own."""

FIRST = (  # noqa: SIM905 - a list of words reads best so
    "Adi Agus Aisyah Andi Anisa Arif Ayu Bayu Budi Citra Dani Dewi Dian Dimas Eka Fajar Farida"
    " Fitri Galih Hasan Hendra Ika Imam Indah Joko Kartika Lestari Lina Made Maya Mega Nanda Nur"
    " Putri Rahma Rama Ratna Reza Rini Rizky Sari Siti Slamet Sri Surya Tari Teguh Tuti Wahyu Yani"
).split()
SECOND = (  # noqa: SIM905 - a list of words reads best so
    "Amelia Anggraini Basri Cahyono Fauzi Gunawan Hamzah Handayani Hidayat Irawan Kurniawan"
    " Lesmana Mahendra Maulana Nugroho Permata Pratama Purnomo Rahayu Ramadhan Safitri Saputra"
    " Setiawan Susanto Syahputra Utami Wibowo Wijaya Yulianti"
).split()


def name(number: int) -> str:
    """The name of citizen `number`, always the same one."""
    return f"{FIRST[number % len(FIRST)]} {SECOND[number * 7 % len(SECOND)]}"


def handle(number: int, *, prefix: str) -> str:
    """The handle of citizen `number`: one per number, at most 15 long."""
    return f"{prefix}_{number + 1:05d}"
