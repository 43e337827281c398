# Perintah untuk memasang, mencoba, dan memeriksa Sahut. Semua yang dipasang ada di .venv/ dan var/.
# PORT, SANDBOX_PORT dan VAR memindahkan demo; DATABASE_URL dan REDIS_URL memakai server Anda sendiri.

PY := .venv/bin/python
TEMPLATES = $(shell find . -path ./.venv -prune -o -path ./var -prune -o -path '*/templates/*.html' -print | sort)

.PHONY: help demo test check bench fuzz burst faults format lock clean reset
.DEFAULT_GOAL := help

help:
	@echo 'make demo    pasang dan jalankan semuanya di komputer ini, dengan warga tiruan (Ctrl-C untuk berhenti)'
	@echo 'make test    semua uji, termasuk peramban; ARGS="-k klaim" untuk memilih, BROWSER=skip tanpa peramban'
	@echo 'make check   format, lint, tipe, batas antarbagian, migrasi, terjemahan'
	@echo 'make bench   halaman pada 10.000 dan 400.000 pesan, perebutan 160 operator, dan mengambil pesan lewat HTTP; hasilnya perbandingan'
	@echo 'make fuzz    20.000 isi rusak per platform lewat pintu masuk; FUZZ=200 untuk lebih sedikit'
	@echo 'make burst   100 webhook sedetik selama satu menit ke satu proses web'
	@echo 'make faults  matikan, bekukan, dan bohongi semuanya sambil meja bekerja; TRIALS=10000 SEED=7 MUTATION= RESUME=folder'
	@echo 'make format  rapikan kode dan templat'
	@echo 'make lock    susun ulang requirements*.txt dari pyproject.toml; ARGS=--upgrade menaikkan versi'
	@echo 'make clean   hapus .venv dan berkas sementara; data demo tetap'
	@echo 'make reset   hapus data demo (folder VAR)'

demo:
	@sh config/setup.sh run
	@exec $(PY) -m config.stack demo

test:
	@sh config/setup.sh test
	@exec $(PY) -m tests.tools.together $(ARGS)

check:
	@sh config/setup.sh dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy .
	.venv/bin/lint-imports
	.venv/bin/djade --check --target-version 6.1 $(TEMPLATES)
	$(PY) -m config.stack run --no-durable --throwaway -- $(PY) manage.py makemigrations --check --dry-run
	$(PY) -m tests.tools.messages --check
	$(PY) -m tests.tools.platforms --check

bench:
	@sh config/setup.sh run
	@$(PY) -m config.stack run --no-durable --throwaway -- sh -c '$(PY) -W ignore manage.py migrate -v0 && $(PY) -W ignore -m bench.at_size'
	@$(PY) -m config.stack run --no-durable --throwaway -- sh -c '$(PY) -W ignore manage.py migrate -v0 && $(PY) -W ignore -m bench.race'
	@$(PY) -m config.stack run --no-durable --throwaway -- sh -c '$(PY) -W ignore manage.py migrate -v0 && $(PY) -W ignore -m bench.http_race'
	@$(PY) -m config.stack run --throwaway -- sh -c '$(PY) -W ignore manage.py migrate -v0 && $(PY) -W ignore -m bench.claims $(CLAIMS)'
	@$(PY) -W ignore -m bench.letters
	@$(PY) -m config.stack run --no-durable --throwaway -- sh -c '$(PY) -W ignore manage.py migrate -v0 && $(PY) -W ignore -m bench.registers'

fuzz:
	@sh config/setup.sh dev
	@FUZZ=$(or $(FUZZ),20000) $(PY) -m config.stack run --no-durable --throwaway -- $(PY) -m pytest -q tests/fuzz $(ARGS)

burst:
	@sh config/setup.sh run
	@$(PY) -W ignore -m bench.burst

faults:
	@sh config/setup.sh dev
	$(if $(MUTATION)$(RESUME),,@$(PY) -m config.stack run --no-durable --throwaway -- $(PY) -m pytest -q tests/faults/test_scripted.py)
	@exec $(PY) -W ignore -m tests.faults --trials $(or $(TRIALS),300) --seed $(or $(SEED),7) $(if $(MUTATION),--mutation $(MUTATION)) $(if $(RESUME),--resume $(RESUME)) $(ARGS)

format:
	@sh config/setup.sh dev
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .
	.venv/bin/djade --target-version 6.1 $(TEMPLATES)

lock:
	@sh config/setup.sh dev
	$(PY) -m uv pip compile -q --universal --generate-hashes --no-header --python-version 3.12 pyproject.toml -o requirements.txt $(ARGS)
	$(PY) -m uv pip compile -q --universal --generate-hashes --no-header --python-version 3.12 --group dev pyproject.toml -o requirements-dev.txt $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

reset:
	@sh config/setup.sh run
	@exec $(PY) -m config.stack reset
