# trustctl: `make demo` shows what it does, `make test` runs everything that CI runs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Where the distribution roots and the binary that runs in them are kept (tests/testbed/).
export TRUSTCTL_TESTBED ?= $(CURDIR)/target/testbed
# Where what drives a browser and where Ansible are kept (tests/testbed/browser.sh, ansible.sh).
export TRUSTCTL_BROWSER ?= $(CURDIR)/target/browser
export TRUSTCTL_ANSIBLE ?= $(CURDIR)/target/ansible
# The architecture to build the package for, this machine's unless told: amd64 or arm64.
ARCH :=
# Seconds for each fuzz target.
FUZZ_SECONDS ?= 20
# Seconds of wall time for one input; to be raised where other work holds the processors.
FUZZ_TIMEOUT ?= 1

NEXTEST := cargo nextest run --locked --workspace
SLOW := $(NEXTEST) --profile slow -E

# Layers to leave out: `make test SKIP="fuzz test-package"`.
SKIP ?=
# The slow layers, in the order in which `make test` runs them.
LAYERS := test-distros test-promises test-faults test-consumers test-audit test-diagnose test-reach conformance test-package test-package-arm64 test-fleet fuzz
# Those that `make test-whole` runs beside them.
WHOLE_LAYERS := test-sid test-arm64 test-releases

# What takes long to build goes on behind layers that mostly wait for servers and children; theirs is the first claim.
BEHIND := nice -n 19 $(MAKE) --no-print-directory $(addprefix build-,$(filter-out $(SKIP),test-package test-package-arm64)) >/dev/null 2>&1

.PHONY: help demo test test-whole check prerequisites test-fast testbed build-test-package build-test-package-arm64 $(LAYERS) $(WHOLE_LAYERS) deb repo data collection bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## add, proof, remove, rollback on a private copy of this machine's vendor store (changes nothing)
	@cargo build --quiet --locked --bin trustctl
	@tests/demo.sh target/debug/trustctl

test: prerequisites ## everything that CI runs; installs what it needs and says so (45 minutes the first time)
	@failed=; \
	for layer in check test-fast $(filter-out $(SKIP),$(LAYERS) $(if $(TRUSTCTL_WHOLE),$(WHOLE_LAYERS))); do \
	    echo "== $$layer"; started=$$SECONDS; \
	    $(MAKE) --no-print-directory $$layer || failed="$$failed $$layer"; \
	    if [ $$layer = test-fast ]; then $(BEHIND) & trap "kill $$! 2>/dev/null || true" EXIT; fi; \
	    echo "== $$layer: $$((SECONDS - started)) s"; \
	done; \
	if [ -n "$(SKIP)" ]; then echo "left out: $(SKIP)"; fi; \
	if [ -n "$$failed" ]; then echo "failed:$$failed" >&2; exit 1; fi

test-whole: export TRUSTCTL_WHOLE := 1
test-whole: export TRUSTCTL_RANDOM_TREES := 2000
test-whole: ## `make test` with its largest matrices whole instead of a sample (some hours)
	@$(MAKE) --no-print-directory test

check: ## format, lints, documentation
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items --quiet

prerequisites:
	@tests/testbed/prerequisites.sh

test-fast: ## units and command line: four minutes on two cores
	@tests/testbed/prerequisites.sh fast
	$(NEXTEST)

testbed: prerequisites ## the distribution roots and a portable binary, which the slow layers need
	@tests/testbed/roots.sh "$$TRUSTCTL_TESTBED"
	@tests/testbed/portable.sh "$$TRUSTCTL_TESTBED"

test-distros: testbed ## real distributions: TLS clients, Java, readers, writers, the faults of the bare script
	$(SLOW) 'binary(slow) & test(/^(distros|refresh_tool|readers|writers|batch|pem|store_size|parts)::/)'

test-promises: prerequisites ## the demo in a fresh clone, as an ordinary user
	$(SLOW) 'binary(slow) & test(/^promises::/)'

test-faults: testbed ## killed and failing at each file-changing system call in turn
	$(SLOW) 'binary(slow) & test(/^faults::/)'

test-consumers: testbed ## verdicts against real TLS clients
	$(SLOW) 'binary(slow) & test(/^consumers::/) & !test(/releases_from/)'

test-audit: testbed ## audit of pristine distributions
	@tests/testbed/promtool.sh "$$TRUSTCTL_TESTBED"
	$(SLOW) 'binary(slow) & test(/^audit_distros::/)'

test-diagnose: testbed ## diagnosis against servers with one fault each
	$(SLOW) 'binary(slow) & test(/^diagnose_distros::/)'

test-reach: ## what reach says against Chromium and Firefox themselves
	@tests/testbed/prerequisites.sh fast reach
	$(SLOW) 'binary(slow) & test(/^reach::/)'

conformance: prerequisites ## public suites of chains and malformed input, read from $TRUSTCTL_SUITES
	$(SLOW) 'binary(slow) & test(/^conformance/)'

build-test-package:
	@tests/testbed/packages.sh "$$TRUSTCTL_TESTBED"

build-test-package-arm64:
	@tests/testbed/roots.sh "$$TRUSTCTL_TESTBED" sysroot-arm64
	@tests/testbed/packages.sh "$$TRUSTCTL_TESTBED" arm64

test-package: testbed build-test-package ## the package: built twice and compared; installed, upgraded, removed, purged on real distributions
	$(SLOW) 'binary(slow) & test(/^package::/) & !test(/arm64/)'

test-package-arm64: prerequisites build-test-package build-test-package-arm64 ## the package for arm64: what is in it, and its program run by qemu on a private tree
	$(SLOW) 'binary(slow) & test(/^package::.*arm64/)'

test-fleet: testbed ## the HTML report in headless Chromium, the Ansible collection on three distributions, the alerts
	@tests/testbed/prerequisites.sh fleet
	@tests/testbed/browser.sh "$$TRUSTCTL_BROWSER"
	@tests/testbed/ansible.sh "$$TRUSTCTL_ANSIBLE"
	@tests/testbed/promtool.sh "$$TRUSTCTL_TESTBED"
	$(SLOW) 'binary(slow) & test(/^fleet::/)'

test-sid: testbed ## Debian sid with uutils' coreutils and sudo-rs, as Ubuntu 25.10 and newer have them
	@tests/testbed/roots.sh "$$TRUSTCTL_TESTBED" sid
	$(SLOW) 'binary(slow) & test(/^sid::/)'

test-releases: export TRUSTCTL_RELEASES ?= $(CURDIR)/target/releases
test-releases: prerequisites ## verdicts against seven releases of Go, four of Node.js and four of Java (fetches 3 GB)
	@tests/testbed/releases.sh "$$TRUSTCTL_RELEASES"
	$(SLOW) 'binary(slow) & test(/releases_from/)'

test-arm64: testbed build-test-package-arm64 ## the package for arm64 on distributions of that architecture, by qemu (slow, as root)
	@tests/testbed/prerequisites.sh fast package arm64
	@tests/testbed/arm64.sh
	@tests/testbed/roots.sh "$$TRUSTCTL_TESTBED" bullseye-arm64 bookworm-arm64 trixie-arm64
	$(SLOW) 'binary(slow) & test(/^arm64::/)'

fuzz: ## each fuzz target for FUZZ_SECONDS
	@tests/testbed/prerequisites.sh fast fuzz
	@for target in $$(basename -s .rs fuzz/fuzz_targets/*.rs); do \
	    mkdir -p "fuzz/corpus/$$target" "fuzz/seeds/$$target"; \
	    RUSTC_BOOTSTRAP=1 ASAN_OPTIONS=quarantine_size_mb=16 cargo fuzz run "$$target" "fuzz/corpus/$$target" "fuzz/seeds/$$target" -- \
	        -max_total_time=$(FUZZ_SECONDS) -timeout=$(FUZZ_TIMEOUT) -rss_limit_mb=256 -verbosity=0; \
	done

deb: ## the package, for every supported release (target/package); ARCH=arm64 cross-builds the other one
	@TRUSTCTL_DEB_ARCH=$(ARCH) packaging/deb.sh

data: ## brings packaging/data.toml up to date, as far as its sources are packages (distro-info-data)
	@packaging/data.py

repo: ## a signed apt repository with the package: make repo KEY=FINGERPRINT (target/package/repo)
	@test -n "$(KEY)" || { echo "error: name a GnuPG key: make repo KEY=FINGERPRINT" >&2; exit 2; }
	@package=$$(TRUSTCTL_DEB_ARCH=$(ARCH) packaging/deb.sh) && packaging/repo.sh target/package/repo "$(KEY)" "$$package"

collection: ## the Ansible collection (target/package)
	@mkdir -p target/package
	@if command -v ansible-galaxy >/dev/null; then galaxy=ansible-galaxy; \
	else tests/testbed/ansible.sh "$$TRUSTCTL_ANSIBLE" >&2; galaxy=$$TRUSTCTL_ANSIBLE/venv/bin/ansible-galaxy; fi; \
	$$galaxy collection build --force --output-path target/package packaging/ansible

bench: ## speed and size, compared with peers in one run
	cargo bench --locked

clean: ## all that was built (of the distribution roots too)
	@if [ "$$(id -u)" = 0 ]; then rm -rf "$$TRUSTCTL_TESTBED"; \
	elif [ -e "$$TRUSTCTL_TESTBED" ]; then unshare --map-auto --map-root-user rm -rf "$$TRUSTCTL_TESTBED"; fi
	cargo clean
