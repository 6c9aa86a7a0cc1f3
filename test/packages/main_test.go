// SPDX-License-Identifier: Apache-2.0

// Package packages installs, upgrades, removes and purges the packages with the
// real package manager on a real systemd, and looks at what is then there.
package packages

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// Versions of the packages that are tried.
const (
	first  = "0.1.0" // that of packaging/deb/changelog
	second = "0.2.0"
)

// Folders of the packages of kres-fleet and of the pages for Cockpit, beside folders that are
// named for versions.
const (
	fleet   = "fleet"
	cockpit = "cockpit"
)

// built is the folder with the packages, seen inside as /packages.
var built string

// sut is the machine that all tests of the package share, one after another.
var sut *machine.Machine

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kresd-manager-packages-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	scratch := filepath.Join(dir, "scratch")
	built, err = product.Once(dir, "packages", func(dir string) error {
		return errors.Join(
			product.Linked(context.Background(), scratch, filepath.Join(dir, first)),
			build("deb", "VERSION="+first, "BUILD="+filepath.Join(dir, first)),
			build("deb", "VERSION="+second, "BUILD="+filepath.Join(dir, second)),
			build("rpm", "VERSION="+first, "BUILD="+filepath.Join(dir, first)),
			build("deb-fleet", "VERSION="+first, "BUILD="+filepath.Join(dir, fleet)),
			build("rpm-fleet", "VERSION="+first, "BUILD="+filepath.Join(dir, fleet)),
			os.Mkdir(filepath.Join(dir, cockpit), 0o755),
			build("deb-cockpit", "BUILD="+filepath.Join(dir, cockpit)),
			build("rpm-cockpit", "BUILD="+filepath.Join(dir, cockpit)))
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return machine.Main(m, machine.Options{
		Name:     "packages",
		Tree:     machine.Tree{Packages: []string{"lintian", "man-db", "rpm"}},
		BindDirs: map[string]string{built: "/packages"},
	}, &sut)
}

// build runs make in the source.
func build(args ...string) error {
	cmd := exec.CommandContext(context.Background(), "make", append([]string{"-C", "../..", "--no-print-directory"}, args...)...)
	cmd.Env = append(os.Environ(), "DEB_COMPRESS=gzip", "DEB_LEVEL=1", "RPM_COMPRESS=gzip:1") // quicker, and nothing else differs
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot make %v: %w\n%s", args, err, out)
	}
	return nil
}

// deb is the package of a version, as seen inside.
func deb(t *testing.T, version string) string {
	t.Helper()
	return "/packages/" + version + "/" + filepath.Base(onHost(t, version, "*.deb"))
}

// onHost is the one file of a version that a pattern names.
func onHost(t *testing.T, version, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(built, version, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s of %s: %v (%v)", pattern, version, found, err)
	}
	return found[0]
}

// basic is a configuration with two workers that need no other server.
const basic = `
workers: 2
network:
  listen:
    - interface: 127.0.0.1
dnssec:
  enable: false
local-data:
  addresses:
    host.example: 192.0.2.1
`

// clean brings the machine back to what it was: the stock resolver installed,
// not enabled and not running, nothing of ours, and the configuration in place.
func clean(t *testing.T) {
	t.Helper()
	r := sut.Sh(t.Context(), `
		if rpm -q kresd-manager >/dev/null 2>&1; then rpm -e kresd-manager; fi
		if dpkg -s kresd-manager >/dev/null 2>&1; then apt-get purge -y -qq kresd-manager; fi
		systemctl unmask -q knot-resolver.service
		systemctl stop knot-resolver.service
		rm -f /usr/lib/systemd/system/multi-user.target.wants/knot-resolver.service /usr/sbin/policy-rc.d
		rm -f /var/lib/man-db/auto-update # every package would have all pages looked through
		rm -rf /run/knot-resolver /run/kresd-manager /var/lib/kresd-manager /var/cache/knot-resolver/*
		systemctl daemon-reload
		systemctl reset-failed`)
	if r.Code != 0 {
		t.Fatalf("cannot tidy up: %s%s", r.Stdout, r.Stderr)
	}
	if err := sut.WriteFile(product.ConfigFile, []byte(basic), 0o644); err != nil {
		t.Fatal(err)
	}
}

// install has apt install a version and returns what it said.
func install(t *testing.T, version string) string {
	t.Helper()
	return apt(t, "install", deb(t, version))
}

func apt(t *testing.T, verb string, packages ...string) string {
	t.Helper()
	r := sut.Run(t.Context(), machine.Cmd{
		Args: append([]string{"apt-get", verb, "-y", "-o", "APT::Sandbox::User=root"}, packages...),
		Env:  []string{"DEBIAN_FRONTEND=noninteractive"},
	})
	if r.Code != 0 {
		t.Fatalf("apt-get %s %v: exit %d\n%s%s", verb, packages, r.Code, r.Stdout, r.Stderr)
	}
	return strings.ReplaceAll(r.Stdout+r.Stderr, "\r", "") // it is written to a terminal of apt's
}

func run(t *testing.T, args ...string) machine.Result {
	t.Helper()
	return sut.Run(t.Context(), machine.Cmd{Args: args})
}

// must is run for a command that has to succeed; it returns the output.
func must(t *testing.T, args ...string) string {
	t.Helper()
	r := run(t, args...)
	if r.Code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// is compares a property that systemctl tells.
func is(t *testing.T, verb, unit, want string) {
	t.Helper()
	if got := strings.TrimSpace(run(t, "systemctl", verb, unit).Stdout); got != want {
		t.Errorf("systemctl %s %s: %s, want %s", verb, unit, got, want)
	}
}

// pid returns the main process of a unit, 0 for none.
func pid(t *testing.T, unit string) string {
	t.Helper()
	return strings.TrimSpace(must(t, "systemctl", "show", "-p", "MainPID", "--value", unit))
}

// there reports for each path whether it exists.
func there(t *testing.T, want bool, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if got := run(t, "test", "-e", path).Code == 0; got != want {
			t.Errorf("%s is there: %v, want %v", path, got, want)
		}
	}
}

// query asks for host.example and says whether the right answer came.
func query() error {
	q := new(dns.Msg).SetQuestion("host.example.", dns.TypeA)
	return sut.InNetNS(func() error {
		in, _, err := (&dns.Client{Timeout: 5 * time.Second}).Exchange(q, "127.0.0.1:53")
		if err != nil {
			return err
		}
		if len(in.Answer) != 1 || !strings.HasSuffix(in.Answer[0].String(), "192.0.2.1") {
			return fmt.Errorf("the answer is %v", in)
		}
		return nil
	})
}

// serves reports whether DNS answers, now or within ten seconds.
func serves(t *testing.T) {
	t.Helper()
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = query(); err == nil {
			return
		}
	}
	t.Errorf("no answer: %v", err)
}
