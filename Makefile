# `make` lists what there is to do. Everything that is made lands in target/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
TOOLS := target/tools
# Programs that the tests talk to, each in a Python environment of its own: tests/requirements/<name>.txt.
VENVS := relay kent bugsink moto cron

# What `make fuzz` runs, and how large its inputs are at most.
TARGET ?= configuration
SECONDS ?= 600
MAX_LEN_configuration := 8192
MAX_LEN_answer := 4096
MAX_LEN_outcome := 4096
MAX_LEN_interpolation := 512

.PHONY: help demo test bench fuzz tools

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Watch targets of its own on loopback and show what Sentry would get: no account, no network
	@cargo run --locked --bin sentrynet -- demo

test: tools ## Check format, lints and documentation, run every test, say how many passed
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --lib
	@status=0; \
	cargo test --locked --no-fail-fast 2>&1 | tee target/test.log || status=$$?; \
	awk '/^test result:/ { passed += $$4; failed += $$6; skipped += $$8 } \
	  END { printf "%d passed, %d failed", passed, failed; if (skipped) printf ", %d skipped", skipped; print "" }' \
	  target/test.log; \
	exit $$status

bench: ## Measure every figure that SentryNet is held to, and show them in one table
	cargo build --release --locked --no-default-features --bin bootstrap
	cargo build --release --locked --no-default-features --example bare
	@printf '| what | measured | bar | reached |\n|---|---|---|---|\n' > target/bench.md
	FUNCTION=target/release/bootstrap BARE=target/release/examples/bare cargo bench --locked --bench function
	cargo bench --locked --bench cpu
	cargo bench --locked --bench memory
	cargo bench --locked --bench phases
	cargo bench --locked --bench delivery
	@echo && cat target/bench.md

# New inputs land in fuzz/target/; what is kept is chosen (docs/development.md).
fuzz: ## Fuzz one TARGET of fuzz/targets for SECONDS (needs nightly Rust and cargo-fuzz)
	@mkdir -p fuzz/target/corpus/$(TARGET)
	cargo +nightly fuzz run $(TARGET) fuzz/target/corpus/$(TARGET) fuzz/corpus/$(TARGET) -- \
	  -dict=fuzz/dictionaries/$(TARGET).dict -max_len=$(or $(MAX_LEN_$(TARGET)),1024) -timeout=10 -rss_limit_mb=1024 \
	  -max_total_time=$(SECONDS)

tools: $(VENVS:%=$(TOOLS)/%/.stamp) $(TOOLS)/rie/.stamp ## Fetch what the tests talk to (pinned, into target/tools)

# A stamp is written last, so that what was interrupted is made again.
$(VENVS:%=$(TOOLS)/%/.stamp): $(TOOLS)/%/.stamp: tests/requirements/%.txt
	@echo "tools: $$(grep -m1 -v '^#' $<)"
	@rm -rf $(@D) && mkdir -p $(TOOLS)
	@$(PYTHON) -m venv $(@D) >$(TOOLS)/$*.log 2>&1 || { \
	  echo "tools: $(PYTHON) cannot make environments yet: apt-get install python3-venv"; \
	  { apt-get update && apt-get install --yes python3-venv; } >>$(TOOLS)/$*.log 2>&1 \
	    && rm -rf $(@D) && $(PYTHON) -m venv $(@D) >>$(TOOLS)/$*.log 2>&1; \
	} || { tail -n 5 $(TOOLS)/$*.log; echo "tools: please install python3-venv, then try again"; exit 1; }
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# The bare emulator is all that is wanted of the wheel; an environment made above lends its pip.
$(TOOLS)/rie/.stamp: tests/requirements/rie.txt | $(TOOLS)/kent/.stamp
	@echo "tools: Lambda runtime interface emulator, of $$(grep -m1 -v '^#' $<)"
	@rm -rf $(@D) && mkdir -p $(@D)
	@$(TOOLS)/kent/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
	  --dest $(@D) --requirement $<
	@machine=$$(uname -m); case $$machine in aarch64) machine=arm64 ;; esac; \
	$(TOOLS)/kent/bin/python -c 'import sys, zipfile; wheel, member, to = sys.argv[1:]; \
	  open(to, "wb").write(zipfile.ZipFile(wheel).read(member))' \
	  $(@D)/*.whl samcli/local/rapid/aws-lambda-rie-$$machine $(@D)/aws-lambda-rie
	@chmod +x $(@D)/aws-lambda-rie && rm $(@D)/*.whl
	@touch $@
