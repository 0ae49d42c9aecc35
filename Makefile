# `make` lists the targets. All output is in target/, SAM's output in .aws-sam/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
TOOLS := target/tools
# Programs that the tests use, each in its own Python environment: tests/requirements/<name>.txt.
VENVS := relay kent bugsink moto cron sam browser
# The same for programs that build the function.
BUILD_VENVS := lambda

# The function's processor architecture: arm64, which is cheaper, or x86_64. The template has to name the same.
ARCH ?= arm64
TARGET_arm64 := aarch64-unknown-linux-gnu
TARGET_x86_64 := x86_64-unknown-linux-gnu

# What is deployed, and where: docs/aws.md.
CONFIG ?= config/sentrynet.yaml
STACK ?= sentrynet
PREFIX ?= /sentrynet
KMS_KEY ?=
# Other parameters of the template, as in PARAMETERS="Memory=256 AlarmTopic=on-call". A stack keeps their values.
PARAMETERS ?=
REGIONS ?=
REGION ?= $(firstword $(REGIONS) $(AWS_REGION) $(AWS_DEFAULT_REGION))
SENTRYNET ?= cargo run --quiet --locked --bin sentrynet --
SAM ?= $(TOOLS)/sam/bin/sam
AWS ?= aws
export SAM_CLI_TELEMETRY ?= 0

# What `make fuzz` runs, for how long, and the maximal size of inputs.
TARGET ?= configuration
SECONDS ?= 600
MAX_LEN_configuration := 8192
MAX_LEN_answer := 4096
MAX_LEN_outcome := 4096
MAX_LEN_interpolation := 512

.PHONY: help demo test bench images build build-ProbeFunction deploy invoke logs destroy fuzz tools chromium

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Show SentryNet at work on loopback: no account, no network
	@cargo run --locked --bin sentrynet -- demo

# Everything is compiled once, with Clippy as the compiler: `cargo clippy` and `cargo doc` would check all dependencies
# again. The function is compiled without the command line, too: as it ships.
test: export RUSTC_WORKSPACE_WRAPPER := clippy-driver
test: export CLIPPY_ARGS := -Dwarnings
# The compiler's allocator takes huge pages where it may: on virtual machines that halves the time of large crates.
test: export MALLOC_CONF := thp:always
test: tools ## Check format, lints and documentation, run every test, say how many passed
	cargo fmt --check
	cargo build --locked --no-default-features --lib --bin bootstrap --example bare
	cargo build --locked --benches
	@status=0; \
	if cargo nextest --version >target/test.log 2>&1; then run='nextest run'; else run='test --no-fail-fast'; fi; \
	cargo $$run --locked --tests 2>&1 | tee target/test.log || status=$$?; \
	RUSTDOC=tests/rustdoc.sh cargo test --locked --doc 2>&1 | tee -a target/test.log || status=$$?; \
	awk '/^test result:/ { passed += $$4; failed += $$6; skipped += $$8 } \
	  /^ *Summary \[/ { for (i = 1; i < NF; i++) { if ($$(i + 1) ~ /^passed/) passed += $$i; \
	    if ($$(i + 1) ~ /^(failed|exec|timed)/) failed += $$i; if ($$(i + 1) ~ /^skipped/) skipped += $$i } } \
	  END { printf "%d passed, %d failed", passed, failed; if (skipped) printf ", %d skipped", skipped; print "" }' \
	  target/test.log; \
	exit $$status

bench: ## Measure every figure that has a bar, and show them in one table
	cargo build --release --locked --no-default-features --bin bootstrap
	cargo build --release --locked --no-default-features --example bare
	@printf '| what | measured | bar | reached |\n|---|---|---|---|\n' > target/bench.md
	@# Benches overwrite target/release/bootstrap.
	@mkdir -p target/bench && cp target/release/bootstrap target/release/examples/bare target/bench/
	FUNCTION=target/bench/bootstrap BARE=target/bench/bare cargo bench --locked --bench function
	cargo bench --profile release --locked --bench cpu
	cargo bench --locked --bench memory
	cargo bench --locked --bench phases
	cargo bench --locked --bench crowd
	cargo bench --locked --bench delivery
	cargo bench --locked --bench watch
	cargo bench --locked --bench watch_many
	@echo && cat target/bench.md

images: $(TOOLS)/browser/.stamp $(TOOLS)/spotlight/.stamp chromium ## Draw the pictures in docs/images from what the demo shows
	cargo build --locked --bin sentrynet
	$(TOOLS)/browser/bin/python docs/images/draw.py target/debug/sentrynet
	$(TOOLS)/browser/bin/python docs/images/spotlight.py target/debug/sentrynet

build: $(TOOLS)/lambda/.stamp ## Build the function for Lambda, for arm64 or ARCH=x86_64, into target/lambda (takes minutes)
	@test -n '$(TARGET_$(ARCH))' || { echo 'ARCH is arm64 or x86_64, not $(ARCH)'; exit 1; }
	rustup target add $(TARGET_$(ARCH))
	PATH="$(abspath $(TOOLS)/lambda/bin):$$PATH" cargo lambda build --release --locked --$(subst _,-,$(ARCH)) \
	  --no-default-features --bin bootstrap --lambda-dir target/lambda

# `sam build` calls this for the function of that name. It needs `build_in_source`, or it copies everything first, including
# target/. BOOTSTRAP names a function that is already built.
build-ProbeFunction: $(if $(BOOTSTRAP),,build)
	cp '$(or $(BOOTSTRAP),target/lambda/bootstrap/bootstrap)' '$(ARTIFACTS_DIR)/bootstrap'

# The configuration is written first: rules fire as soon as they exist. A region that fails does not hold up the others.
deploy: $(TOOLS)/sam/.stamp ## Deploy to AWS, to the configuration's regions or REGIONS="eu-west-1 us-east-1"
	@$(SENTRYNET) compile '$(CONFIG)'
	@known=$$(env -u AWS_REGION $(SENTRYNET) plan '$(CONFIG)' --json \
	  | $(PYTHON) -c 'import json, sys; print(*json.load(sys.stdin)["regions"])'); \
	case "$$known:$(strip $(REGIONS))" in \
	  here:) echo 'The configuration names no regions: make deploy REGIONS="eu-west-1 us-east-1"' >&2; exit 2 ;; \
	  here:*) regions='$(REGIONS)' ;; \
	  *:) regions=$$known ;; \
	  *) regions='$(REGIONS)'; for region in $$regions; do case " $$known " in *" $$region "*) ;; *) \
	      echo "$$region is not among the configuration's regions ($$known)" >&2; exit 2 ;; esac; done ;; \
	esac; \
	parameters='Architecture=$(ARCH) Prefix=$(PREFIX) $(if $(KMS_KEY),KmsKey=$(KMS_KEY)) $(PARAMETERS)'; \
	$(SAM) build --region "$${regions%% *}" --parameter-overrides $$parameters; \
	failed=; for region in $$regions; do \
	  environment=default; ! grep --quiet "^\[$$region\." samconfig.toml || environment=$$region; \
	  $(SENTRYNET) push '$(CONFIG)' --region $$region --prefix '$(PREFIX)' $(if $(KMS_KEY),--kms-key '$(KMS_KEY)') --yes \
	    && $(SAM) deploy --config-env $$environment --region $$region --stack-name '$(STACK)' \
	      --parameter-overrides $$parameters \
	    || failed="$$failed $$region"; \
	done; \
	[[ -z $$failed ]] || { echo "Not deployed to$$failed: see the errors above" >&2; exit 1; }

invoke: ## Run a GROUP (or one PROBE of it) in a REGION once, now, and show the summary
	@[[ -n '$(GROUP)' && -n '$(REGION)' ]] || { echo 'make invoke GROUP=website REGION=eu-west-1' >&2; exit 2; }
	@directory=$$(mktemp -d); trap 'rm -r "$$directory"' EXIT; \
	$(PYTHON) -c 'import json, os; print(json.dumps({key: os.environ[key.upper()] for key in ("group", "probe") \
	  if os.environ.get(key.upper())}))' > "$$directory/payload"; \
	AWS_MAX_ATTEMPTS=1 $(AWS) lambda invoke --region '$(REGION)' --function-name '$(STACK)' --cli-read-timeout 900 \
	  --payload "fileb://$$directory/payload" "$$directory/answer" >/dev/null; \
	$(PYTHON) -m json.tool --no-ensure-ascii "$$directory/answer"; \
	! grep --quiet '"errorType"' "$$directory/answer"

logs: $(TOOLS)/sam/.stamp ## Show the function's log in a REGION, by default SINCE="10 minutes ago"; FOLLOW=1 follows it
	@[[ -n '$(REGION)' ]] || { echo 'make logs REGION=eu-west-1' >&2; exit 2; }
	@$(SAM) logs --region '$(REGION)' --cw-log-group '/aws/lambda/$(STACK)' --start-time '$(or $(SINCE),10 minutes ago)' \
	  $(if $(FOLLOW),--tail)

destroy: $(TOOLS)/sam/.stamp ## Remove it from REGIONS="eu-west-1 us-east-1"; the configuration stays in Parameter Store
	@[[ -n '$(strip $(REGIONS))' ]] || { echo 'make destroy REGIONS="eu-west-1 us-east-1"' >&2; exit 2; }
	@failed=; for region in $(REGIONS); do \
	  $(SAM) delete --no-prompts --region $$region --stack-name '$(STACK)' || failed="$$failed $$region"; \
	done; \
	[[ -z $$failed ]] || { echo "Not removed from$$failed: see the errors above" >&2; exit 1; }

# New inputs go to fuzz/target/; fuzz/corpus/ keeps selected ones (docs/development.md).
fuzz: ## Fuzz one TARGET of fuzz/targets for SECONDS (needs nightly Rust and cargo-fuzz)
	@mkdir -p fuzz/target/corpus/$(TARGET)
	cargo +nightly fuzz run $(TARGET) fuzz/target/corpus/$(TARGET) fuzz/corpus/$(TARGET) -- \
	  -dict=fuzz/dictionaries/$(TARGET).dict -max_len=$(or $(MAX_LEN_$(TARGET)),1024) -timeout=10 -rss_limit_mb=1024 \
	  -max_total_time=$(SECONDS)

tools: $(VENVS:%=$(TOOLS)/%/.stamp) $(TOOLS)/rie/.stamp $(TOOLS)/spotlight/.stamp chromium ## Download the programs that the tests use (pinned, into target/tools)

# The stamp is written last, so that an interrupted installation is repeated.
$(patsubst %,$(TOOLS)/%/.stamp,$(VENVS) $(BUILD_VENVS)): $(TOOLS)/%/.stamp: tests/requirements/%.txt | $(TOOLS)/uv/.stamp
	@echo "tools: $$(grep -m1 -v '^#' $<)"
	@rm -rf $(@D)
	@$(TOOLS)/uv/bin/uv venv --quiet --python "$$(command -v $(PYTHON))" $(@D)
	@$(TOOLS)/uv/bin/uv pip install --quiet --no-cache --python $(@D)/bin/python --requirement $<
	@touch $@

# uv installs the others in a tenth of pip's time.
$(TOOLS)/uv/.stamp: tests/requirements/uv.txt
	@echo "tools: $$(grep -m1 -v '^#' $<)"
	@rm -rf $(@D) && mkdir -p $(TOOLS)
	@$(PYTHON) -m venv $(@D) >$(TOOLS)/uv.log 2>&1 || { \
	  echo "tools: $(PYTHON) cannot make environments yet: apt-get install python3-venv"; \
	  { apt-get update && apt-get install --yes python3-venv; } >>$(TOOLS)/uv.log 2>&1 \
	    && rm -rf $(@D) && $(PYTHON) -m venv $(@D) >>$(TOOLS)/uv.log 2>&1; \
	} || { tail -n 5 $(TOOLS)/uv.log; echo "tools: please install python3-venv, then try again"; exit 1; }
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# Spotlight is on npm, and needs Node 20.
$(TOOLS)/spotlight/.stamp: tests/requirements/spotlight/package.json tests/requirements/spotlight/package-lock.json
	@echo "tools: spotlight"
	@command -v npm >/dev/null || { echo "tools: please install Node 20 or later with npm, then try again"; exit 1; }
	@rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D)
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund >../spotlight.log 2>&1 || { tail -n 5 ../spotlight.log; exit 1; }
	@touch $@

# AWS's Lambda runtime interface emulator comes with the SAM CLI.
$(TOOLS)/rie/.stamp: $(TOOLS)/sam/.stamp
	@rm -rf $(@D) && mkdir -p $(@D)
	@machine=$$(uname -m); case $$machine in aarch64) machine=arm64 ;; esac; \
	cp $(TOOLS)/sam/lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-$$machine $(@D)/aws-lambda-rie
	@chmod +x $(@D)/aws-lambda-rie
	@touch $@

# The browser that opens the page is the system's.
chromium:
	@mkdir -p $(TOOLS)
	@command -v chromium >/dev/null || { \
	  echo 'tools: there is no chromium yet: apt-get install chromium'; \
	  { apt-get update && apt-get install --yes chromium; } >$(TOOLS)/chromium.log 2>&1; \
	} || { tail -n 5 $(TOOLS)/chromium.log; echo 'tools: please install chromium, then try again'; exit 1; }
