# SPDX-License-Identifier: Apache-2.0

VERSION    ?= 0.1.0
PREFIX     ?= /usr/local
DESTDIR    ?=
RUNDIR     ?= /run/knot-resolver
KRESD      ?= /usr/sbin/kresd
KRES_GC    ?= /usr/sbin/kres-cache-gc
BINDIR     ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/lib/kresd-manager
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
GENERATORDIR ?= $(PREFIX)/lib/systemd/system-generators
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
# Beside LIBEXECDIR, from where kresd-manager names it.
SHAREDIR   ?= $(PREFIX)/share/kresd-manager
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
PRESETDIR  ?= $(PREFIX)/lib/systemd/system-preset
CATALOGDIR ?= $(PREFIX)/lib/systemd/catalog
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/kresd-manager
BASHDIR    ?= $(PREFIX)/share/bash-completion/completions
FISHDIR    ?= $(PREFIX)/share/fish/vendor_completions.d
ZSHDIR     ?= $(PREFIX)/share/zsh/site-functions
# Not every polkit and sysctl looks below /usr/local.
ifeq ($(PREFIX),/usr)
POLKITDIR  ?= /usr/share/polkit-1/rules.d
SYSCTLDIR  ?= /usr/lib/sysctl.d
else
POLKITDIR  ?= /etc/polkit-1/rules.d
SYSCTLDIR  ?= /etc/sysctl.d
endif

GO         ?= go
# All that is compiled here is compiled in one way, so that programs, tests and linters share
# what the build cache has, also from another folder. The race detector alone needs cgo.
export CGO_ENABLED := 0
export GOFLAGS := $(strip $(GOFLAGS) $(if $(findstring -trimpath,$(GOFLAGS)),,-trimpath))
BUILD      := build
LDFLAGS    := -s -w -X main.version=$(VERSION)
# The date of the release, so that the same source gives the same bytes.
DATE       := $(shell sed -n 's/^ -- .*>  //p' packaging/deb/changelog | head -1)
export SOURCE_DATE_EPOCH ?= $(shell date -u -d '$(DATE)' +%s)
export MAINTAINER ?= $(shell sed -n 's/^ -- \(.*>\)  .*/\1/p' packaging/deb/changelog | head -1)
DEB_ARCH   ?= $(shell dpkg --print-architecture)
RPM_ARCH   ?= $(shell uname -m)
PROGRAMS   := kresd-manager kresctl kresd-drain kresd-component kresd-generator kres-graphite

# The unit files name what they run by the paths of a distribution package.
PATHS := sed -e 's|/usr/lib/kresd-manager/|$(LIBEXECDIR)/|g' -e 's|/usr/bin/kresctl|$(BINDIR)/kresctl|g' \
	-e 's|/usr/sbin/kresd |$(KRESD) |g' -e 's|/usr/sbin/kres-cache-gc|$(KRES_GC)|g' -e 's|/run/knot-resolver|$(RUNDIR)|g' \
	-e 's|/usr/share/kresd-manager/|$(SHAREDIR)/|g'
# polkit reads a rule as soon as it is there: it must be whole then, and readable.
put = for f in $(1); do $(PATHS) "packaging/$$f" >"$(BUILD)/put" && install -m 0644 "$(BUILD)/put" "$(DESTDIR)$(2)/.$${f\#\#*/}" && mv -f "$(DESTDIR)$(2)/.$${f\#\#*/}" "$(DESTDIR)$(2)/$${f\#\#*/}" || exit 1; done

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

.PHONY: build
build: ## build all programs into build/
	@mkdir -p $(BUILD)
	$(GO) build -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BUILD)/ $(addprefix ./cmd/,$(PROGRAMS))

.PHONY: man
man: ## make the manual pages in build/man
	@GO='$(GO)' packaging/man/build '$(BUILD)/man' '$(VERSION)' "$$(date -u -d @$$SOURCE_DATE_EPOCH +%F)" '$(LIBEXECDIR)' '$(DOCDIR)'

.PHONY: install
install: build man ## install below $(DESTDIR)$(PREFIX); without DESTDIR also make users and directories
	install -d -m 0755 $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR)
	install -m 0755 $(BUILD)/kresctl $(DESTDIR)$(BINDIR)/
	install -m 0755 $(BUILD)/kresd-manager $(BUILD)/kresd-drain $(BUILD)/kresd-component $(BUILD)/kres-graphite $(DESTDIR)$(LIBEXECDIR)/
	install -d -m 0755 $(DESTDIR)$(GENERATORDIR)
	install -m 0755 $(BUILD)/kresd-generator $(DESTDIR)$(GENERATORDIR)/
	install -d -m 0755 $(DESTDIR)$(UNITDIR)/kresd@canary.service.d $(DESTDIR)$(UNITDIR)/knot-resolver.service.d
	@$(call put,$(addprefix systemd/system/,kresd@.service kres-policy-loader.service kres-gc.service kres-component@.service kresd.target kresd-manager.service kresd-manager.socket kresd-rundir.service kresd-rundir-check.service),$(UNITDIR))
	@$(call put,systemd/system/kresd@canary.service.d/10-canary.conf,$(UNITDIR)/kresd@canary.service.d)
	@$(call put,systemd/system/knot-resolver.service.d/50-kresd-manager.conf,$(UNITDIR)/knot-resolver.service.d)
	install -d -m 0755 $(DESTDIR)$(SYSUSERSDIR) $(DESTDIR)$(TMPFILESDIR) $(DESTDIR)$(SYSCTLDIR)
	@$(call put,sysusers.d/kresd-manager.conf,$(SYSUSERSDIR))
	@$(call put,tmpfiles.d/kresd-manager.conf,$(TMPFILESDIR))
	@$(call put,libexec/kresd-rundir libexec/links.conf,$(LIBEXECDIR))
	chmod 0755 $(DESTDIR)$(LIBEXECDIR)/kresd-rundir
	# In place of what some packages of Knot Resolver have, which would give the run directory to its user.
	install -d -m 0755 $(DESTDIR)$(SYSCONFDIR)/tmpfiles.d
	ln -sfn $(TMPFILESDIR)/kresd-manager.conf $(DESTDIR)$(SYSCONFDIR)/tmpfiles.d/knot-resolver.conf
	@$(call put,sysctl.d/50-kresd-manager.conf,$(SYSCTLDIR))
	install -d -m 0755 $(DESTDIR)$(PRESETDIR) $(DESTDIR)$(DOCDIR) $(DESTDIR)$(BASHDIR) $(DESTDIR)$(FISHDIR) $(DESTDIR)$(ZSHDIR) $(addprefix $(DESTDIR)$(MANDIR)/,man1 man5 man8)
	@$(call put,systemd/system-preset/50-kresd-manager.preset,$(PRESETDIR))
	install -d -m 0755 $(DESTDIR)$(CATALOGDIR)
	@$(call put,catalog/kresd-manager.catalog,$(CATALOGDIR))
	for s in 1 5 8; do install -m 0644 $(BUILD)/man/*.$$s $(DESTDIR)$(MANDIR)/man$$s/ || exit 1; done
	install -d -m 0755 $(DESTDIR)$(DOCDIR)/docs/internals
	install -m 0644 README.md CHANGELOG.md SECURITY.md $(DESTDIR)$(DOCDIR)/
	install -m 0644 docs/*.md $(DESTDIR)$(DOCDIR)/docs/
	install -m 0644 docs/internals/*.md $(DESTDIR)$(DOCDIR)/docs/internals/
	install -d $(DESTDIR)$(DOCDIR)/docs/pages && install -m 0644 docs/pages/*.webp $(DESTDIR)$(DOCDIR)/docs/pages/
	if [ -d docs/benchmarks ]; then install -d $(DESTDIR)$(DOCDIR)/docs/benchmarks && install -m 0644 docs/benchmarks/* $(DESTDIR)$(DOCDIR)/docs/benchmarks/; fi
	$(BUILD)/kresctl completion bash >$(DESTDIR)$(BASHDIR)/kresctl
	$(BUILD)/kresctl completion fish >$(DESTDIR)$(FISHDIR)/kresctl.fish
	$(BUILD)/kresctl completion zsh >$(DESTDIR)$(ZSHDIR)/_kresctl
	chmod 0644 $(DESTDIR)$(BASHDIR)/kresctl $(DESTDIR)$(FISHDIR)/kresctl.fish $(DESTDIR)$(ZSHDIR)/_kresctl
	install -d -m 0755 $(DESTDIR)$(POLKITDIR) $(DESTDIR)$(SHAREDIR)
	@$(call put,polkit-1/rules.d/50-kresd-manager.rules,$(POLKITDIR))
	@$(call put,share/49-kresd-manager-limits.rules share/10-cpus.conf share/config.yaml,$(SHAREDIR))
	install -d -m 0755 $(DESTDIR)$(SHAREDIR)/prometheus $(DESTDIR)$(SHAREDIR)/grafana
	@$(call put,prometheus/kresd-manager.rules.yaml,$(SHAREDIR)/prometheus)
	@$(call put,grafana/kresd-manager.json,$(SHAREDIR)/grafana)
	$(BUILD)/kresctl schema >$(DESTDIR)$(SHAREDIR)/schema.json
	chmod 0644 $(DESTDIR)$(SHAREDIR)/schema.json
	@rm -f $(BUILD)/put
ifeq ($(DESTDIR),)
	systemd-sysusers kresd-manager.conf
	$(LIBEXECDIR)/kresd-rundir
	-/usr/lib/systemd/systemd-sysctl $(SYSCTLDIR)/50-kresd-manager.conf
	-journalctl --update-catalog
	systemctl daemon-reload
endif

.PHONY: uninstall
uninstall: ## remove what install put there; users and data stay
	rm -f $(DESTDIR)$(POLKITDIR)/50-kresd-manager.rules $(DESTDIR)$(BINDIR)/kresctl $(DESTDIR)$(GENERATORDIR)/kresd-generator
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,kresd@.service kres-policy-loader.service kres-gc.service kres-component@.service kresd.target kresd-manager.service kresd-manager.socket kresd-rundir.service kresd-rundir-check.service)
	rm -rf $(DESTDIR)$(UNITDIR)/kresd@canary.service.d $(DESTDIR)$(LIBEXECDIR)
	rm -f $(DESTDIR)$(UNITDIR)/knot-resolver.service.d/50-kresd-manager.conf $(addprefix $(DESTDIR)$(SHAREDIR)/,49-kresd-manager-limits.rules 10-cpus.conf config.yaml schema.json)
	rm -rf $(DESTDIR)$(SHAREDIR)/prometheus $(DESTDIR)$(SHAREDIR)/grafana
	-rmdir $(DESTDIR)$(UNITDIR)/knot-resolver.service.d $(DESTDIR)$(SHAREDIR)
	rm -f $(DESTDIR)$(SYSUSERSDIR)/kresd-manager.conf $(DESTDIR)$(TMPFILESDIR)/kresd-manager.conf $(DESTDIR)$(SYSCONFDIR)/tmpfiles.d/knot-resolver.conf $(DESTDIR)$(SYSCTLDIR)/50-kresd-manager.conf
	rm -f $(DESTDIR)$(CATALOGDIR)/kresd-manager.catalog
	rm -f $(DESTDIR)$(PRESETDIR)/50-kresd-manager.preset $(DESTDIR)$(BASHDIR)/kresctl $(DESTDIR)$(FISHDIR)/kresctl.fish $(DESTDIR)$(ZSHDIR)/_kresctl
	rm -f $(addprefix $(DESTDIR)$(MANDIR)/,man1/kresctl.1 man5/kresd-manager.yaml.5 man8/kresd-manager.8 man8/kresd-drain.8 man8/kresd-component.8 man8/kresd-generator.8 man8/kres-graphite.8)
	rm -rf $(DESTDIR)$(DOCDIR)

.PHONY: fleet
fleet: ## build kres-fleet into build/
	@mkdir -p $(BUILD)
	cd fleet && CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o '$(abspath $(BUILD))/' ./cmd/kres-fleet

.PHONY: install-fleet
install-fleet: fleet ## install kres-fleet below $(DESTDIR)$(PREFIX)
	@GO='$(GO)' packaging/man/build '$(BUILD)/man-fleet' '$(VERSION)' "$$(date -u -d @$$SOURCE_DATE_EPOCH +%F)" '$(LIBEXECDIR)' '$(DOCDIR)' fleet/packaging/man
	install -d -m 0755 $(addprefix $(DESTDIR),$(BINDIR) $(UNITDIR) $(SYSUSERSDIR) $(MANDIR)/man8 $(PREFIX)/share/kres-fleet $(PREFIX)/share/doc/kres-fleet $(BASHDIR) $(FISHDIR) $(ZSHDIR))
	install -m 0755 $(BUILD)/kres-fleet $(DESTDIR)$(BINDIR)/
	install -m 0644 fleet/packaging/systemd/system/kres-fleet.service $(DESTDIR)$(UNITDIR)/
	sed -i 's|/usr/bin/kres-fleet|$(BINDIR)/kres-fleet|' $(DESTDIR)$(UNITDIR)/kres-fleet.service
	install -m 0644 fleet/packaging/sysusers.d/kres-fleet.conf $(DESTDIR)$(SYSUSERSDIR)/
	install -m 0644 $(BUILD)/man-fleet/kres-fleet.8 $(DESTDIR)$(MANDIR)/man8/
	install -m 0644 fleet/packaging/share/kres-fleet.toml $(DESTDIR)$(PREFIX)/share/kres-fleet/
	sed -e 's|/usr/lib/kresd-manager/|$(LIBEXECDIR)/|' -e 's|/run/knot-resolver|$(RUNDIR)|' fleet/packaging/share/50-kres-fleet.conf >$(DESTDIR)$(PREFIX)/share/kres-fleet/50-kres-fleet.conf
	chmod 0644 $(DESTDIR)$(PREFIX)/share/kres-fleet/50-kres-fleet.conf
	install -m 0644 docs/fleet.md $(DESTDIR)$(PREFIX)/share/doc/kres-fleet/
	$(BUILD)/kres-fleet completion bash >$(DESTDIR)$(BASHDIR)/kres-fleet
	$(BUILD)/kres-fleet completion fish >$(DESTDIR)$(FISHDIR)/kres-fleet.fish
	$(BUILD)/kres-fleet completion zsh >$(DESTDIR)$(ZSHDIR)/_kres-fleet
	chmod 0644 $(DESTDIR)$(BASHDIR)/kres-fleet $(DESTDIR)$(FISHDIR)/kres-fleet.fish $(DESTDIR)$(ZSHDIR)/_kres-fleet

.PHONY: deb-fleet
deb-fleet: ## make the Debian package of kres-fleet in build/
	rm -rf $(BUILD)/deb-fleet
	$(MAKE) --no-print-directory install-fleet DESTDIR='$(abspath $(BUILD)/deb-fleet)' PREFIX=/usr
	PACKAGE=kres-fleet packaging/deb/build '$(BUILD)/deb-fleet' '$(VERSION)' '$(DEB_ARCH)' '$(BUILD)'

.PHONY: rpm-fleet
rpm-fleet: ## make the RPM package of kres-fleet in build/
	rm -rf $(BUILD)/rpm-fleet
	$(MAKE) --no-print-directory install-fleet DESTDIR='$(abspath $(BUILD)/rpm-fleet)' PREFIX=/usr
	PACKAGE=kres-fleet packaging/rpm/build '$(BUILD)/rpm-fleet' '$(VERSION)' '$(RPM_ARCH)' '$(BUILD)'

COCKPITDIR ?= $(PREFIX)/share/cockpit/kresd
.PHONY: install-cockpit
install-cockpit: ## install the pages for Cockpit below $(DESTDIR)$(PREFIX)
	packaging/cockpit/install web/dist '$(DESTDIR)$(COCKPITDIR)'
	install -d -m 0755 $(DESTDIR)$(PREFIX)/share/doc/cockpit-kresd
	gzip -dc web/dist/licences.txt.gz >$(DESTDIR)$(PREFIX)/share/doc/cockpit-kresd/licences.txt
	chmod 0644 $(DESTDIR)$(PREFIX)/share/doc/cockpit-kresd/licences.txt

.PHONY: deb-cockpit
deb-cockpit: ## make the Debian package of the pages for Cockpit in build/
	rm -rf $(BUILD)/deb-cockpit
	$(MAKE) --no-print-directory install-cockpit DESTDIR='$(abspath $(BUILD)/deb-cockpit)' PREFIX=/usr
	PACKAGE=cockpit-kresd packaging/deb/build '$(BUILD)/deb-cockpit' '$(VERSION)' all '$(BUILD)'

.PHONY: rpm-cockpit
rpm-cockpit: ## make the RPM package of the pages for Cockpit in build/
	rm -rf $(BUILD)/rpm-cockpit
	$(MAKE) --no-print-directory install-cockpit DESTDIR='$(abspath $(BUILD)/rpm-cockpit)' PREFIX=/usr
	PACKAGE=cockpit-kresd packaging/rpm/build '$(BUILD)/rpm-cockpit' '$(VERSION)' noarch '$(BUILD)'

.PHONY: bench-fleet
bench-fleet: ## measure a fleet of 1,000 simulated hosts on a real etcd; a few minutes
	cd fleet && KRESD_MANAGER_TEST_ETCD=module $(GO) test ./sim -run '^$$' -bench . -benchtime 1x -timeout 15m

.PHONY: deb
deb: ## make the Debian package in build/
	rm -rf $(BUILD)/deb
	$(MAKE) --no-print-directory install DESTDIR='$(abspath $(BUILD)/deb)' PREFIX=/usr
	packaging/deb/build '$(BUILD)/deb' '$(VERSION)' '$(DEB_ARCH)' '$(BUILD)'

.PHONY: rpm
rpm: ## make the RPM package in build/
	rm -rf $(BUILD)/rpm
	$(MAKE) --no-print-directory install DESTDIR='$(abspath $(BUILD)/rpm)' PREFIX=/usr
	packaging/rpm/build '$(BUILD)/rpm' '$(VERSION)' '$(RPM_ARCH)' '$(BUILD)'

.PHONY: web
web: ## build the pages in web/dist from their sources; needs Node.js and npm
	cd web && npm ci --ignore-scripts --no-audit --no-fund && npm run --silent check && npm run --silent test && npm run --silent build

# Tests and linters are short-lived: they have better to do than to keep their heaps small.
unit lint test: export GOGC ?= 300

.PHONY: unit
unit: ## run the tests that need no systemd; test runs them with the race detector
	$(GO) test $$($(GO) list ./... | grep -v /test/)
	cd fleet && $(GO) test -short ./...

.PHONY: test
test: lint ## all tests, after lint; boots a real systemd, needs root
	@$(GO) build -o $(BUILD)/test/run ./test/run
	@exec $(BUILD)/test/run # go run would not pass SIGTERM on

.PHONY: check
check: test ## what CI runs: format, go.mod, vet, staticcheck, tests

.PHONY: lint
lint: ## format, go.mod, vet, staticcheck
	@out=$$(gofmt -l cmd dbusctl fleet units api generator internal packaging test web/*.go web/types); test -z "$$out" || { echo "gofmt wants to change: $$out"; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	cd fleet && $(GO) mod tidy -diff && $(GO) vet ./...
	staticcheck=$$($(GO) tool -n staticcheck) && cd fleet && $$staticcheck ./...
	cd fleet/etcd && $(GO) mod tidy -diff

FUZZTIME ?= 20s
.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME
	@for p in $$($(GO) list -f '{{if .TestGoFiles}}{{.ImportPath}}{{end}}' ./internal/... ./units ./generator); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; \
	done

SOAK ?= 10m
SEED ?= 0
.PHONY: soak
soak: ## a random administrator beside random changes, for SOAK=10m; SEED=N decides as before; needs root
	$(GO) test ./test/soak -count=1 -run '^TestSoak$$' -timeout 0 -v -args -for $(SOAK) -seed $(SEED)

ROWS ?=
.PHONY: bench
bench: ## measure beside the stock manager and other resolvers, into docs/; ROWS=start,roll measures a part and shows it; needs root
	@$(GO) build -o $(BUILD)/test/bench ./test/bench
	@exec $(BUILD)/test/bench $(if $(ROWS),--only $(ROWS) --json $(BUILD)/bench.json,--docs docs) # go run would not pass SIGTERM on

.PHONY: demo
demo: ## show the main job on a real systemd; KEEP=1 leaves it running; needs root
	@$(GO) run ./test/demo $(if $(KEEP),--keep)

.PHONY: demo-fleet
demo-fleet: ## show kres-fleet on three real systemds and a real etcd; needs root
	@$(GO) run ./test/demo --fleet

.PHONY: screenshots
screenshots: ## take the pictures of docs/pages anew; needs root
	$(GO) test ./test/pages -count=1 -run '^TestEveryPageCanBeUsedByEveryone$$' -args -update

.PHONY: shell
shell: ## open a shell in the machine that make demo KEEP=1 left running
	@$(GO) run ./test/shell

.PHONY: pages
pages: ## show the pages of the machine that make demo KEEP=1 left running at http://localhost:8453/ui/
	@$(GO) build -o $(BUILD)/test/shell ./test/shell
	@exec $(BUILD)/test/shell --pages # go run would not pass SIGINT on

.PHONY: clean
clean: ## remove what build made
	rm -rf $(BUILD)
