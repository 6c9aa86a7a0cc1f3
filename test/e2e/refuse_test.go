// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

func loadContext(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), 40*time.Second)
}

// unharmed runs f and checks that afterwards the same processes serve the same
// configuration.
func unharmed(t *testing.T, f func()) {
	t.Helper()
	etag := sut.Call(t, "GET", "/v1/config", "").Header.Get("ETag")
	before := sut.PIDs(t)
	generation := sut.Show(t, "kresd@1", "StatusText")
	f()
	if after := sut.PIDs(t); !maps.Equal(before, after) {
		t.Errorf("processes changed from %v to %v", before, after)
	}
	if got := sut.Show(t, "kresd@1", "StatusText"); got != generation {
		t.Errorf("worker 1 runs %q, ran %q", got, generation)
	}
	if got := sut.Call(t, "GET", "/v1/config", "").Header.Get("ETag"); got != etag {
		t.Errorf("the running configuration is %s, was %s", got, etag)
	}
	sut.Expect(t, "host.example.", "192.0.2.1")
	if s := sut.Status(t); s.State != "running" {
		t.Errorf("state %q: %+v", s.State, s)
	}
	if failed := sut.Must(t, "systemctl", "--failed", "--no-legend", "list-units", "kres*"); failed != "" {
		t.Errorf("failed units: %s", failed)
	}
}

func TestWrongConfigurationOverTheAPIHurtsNoOne(t *testing.T) {
	sut.Fresh(t, basic)
	for _, c := range []struct {
		name, pointer, value string
		words                []string
	}{
		{"broken body", "/workers", `{`, nil},
		{"unknown key", "/network/lisen", `[]`, []string{"/network/lisen", "listen"}},
		{"wrong type", "/workers", `"many"`, []string{"/workers", "many"}},
		{"out of range", "/network/listen/0/port", `99999`, []string{"/network/listen/0/port", "65535"}},
		{"other run directory", "/rundir", `"/run/other"`, []string{"/rundir", "/run/knot-resolver"}},
		{"other API socket", "/management", `{"unix-socket": "/run/knot-resolver/other.sock"}`, []string{"/management/unix-socket", "restart kresd-manager"}},
		{"bad Lua syntax", "/lua", `{"script": "\nthis is no Lua"}`, []string{"/lua/script:2:"}},
		{"Lua that fails", "/lua", `{"script": "\n\nerror('on purpose')"}`, []string{"/lua/script:3: on purpose"}},
		{"a unix socket", "/network/listen/-", `{"unix-socket": "/run/knot-resolver/dns", "kind": "doh-legacy"}`, []string{"/network/listen/2/unix-socket", "does not answer DNS on unix sockets"}},
		{"no such address", "/network/listen/-", `{"interface": "192.0.2.99"}`, []string{"/network/listen/2: 192.0.2.99 is not an address of this machine"}},
		{"no such interface", "/network/listen/-", `{"interface": "nope0"}`, []string{"there is no network interface nope0"}},
		{"records that are none", "/local-data/records", `"this is no zone file ("`, []string{"/local-data/records"}},
		{"no such certificate", "/network/tls", `{"cert-file": "/none.pem", "key-file": "/none.key"}`, []string{"/none.pem"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			unharmed(t, func() { sut.Refused(t, c.pointer, c.value, c.words...) })
		})
	}
}

// hold binds an address as user no one until release is called. The address
// need not exist.
func hold(t *testing.T, protocol, address string, port int) (release func()) {
	t.Helper()
	program := fmt.Sprintf("import socket,time; s=socket.socket(socket.AF_INET, socket.SOCK_%s); s.setsockopt(0, 15, 1); s.bind(('%s', %d)); %sprint('held', flush=True); time.sleep(60)",
		map[string]string{"udp": "DGRAM", "tcp": "STREAM"}[protocol], address, port, map[string]string{"udp": "", "tcp": "s.listen(); "}[protocol])
	cmd := sut.Command(t.Context(), machine.Cmd{User: "nobody", Args: []string{"python3", "-c", program}})
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	return func() {
		sut.Sh(t.Context(), fmt.Sprintf("ss -Hlnp --%s sport = :%d | sed -n 's/.*python3.*pid=\\([0-9]*\\).*/\\1/p' | xargs -r kill", protocol, port))
		_ = cmd.Wait()
	}
}

func TestPortInUseHurtsNoOne(t *testing.T) {
	sut.Fresh(t, basic)
	for _, protocol := range []string{"udp", "tcp"} {
		t.Run(protocol, func(t *testing.T) {
			release := hold(t, protocol, "0.0.0.0", 5399)
			defer release()
			unharmed(t, func() {
				sut.Refused(t, "/network/listen/-", `{"interface": "127.0.0.1", "port": 5399}`, "port 5399 ("+protocol+") of 127.0.0.1 is taken by a process of user nobody")
			})
		})
	}
}

// TestPortOfAnotherFamilyIsFree has someone hold the port for IPv4 alone.
func TestPortOfAnotherFamilyIsFree(t *testing.T) {
	sut.Fresh(t, strings.Replace(basic, "- interface: 127.0.0.1\n", "- interface: 127.0.0.1\n    - interface: '::1'\n      port: 5398\n", 1))
	release := hold(t, "udp", "192.0.2.1", 5398)
	defer release()
	if plan := sut.Put(t, "/nsid", `"x"`); len(plan.Steps) != 3 {
		t.Errorf("%s", plan)
	}
}

func TestWrongFileHurtsNoOne(t *testing.T) {
	sut.Fresh(t, basic)
	for _, c := range []struct {
		name, file string
		words      []string
	}{
		{"broken YAML", "workers: 2\n  network: [\n", []string{"config.yaml:2:"}},
		{"unknown key", "workers: 2\nnetwrk: {}\n", []string{"config.yaml:2:1", "/netwrk", "network"}},
		{"several problems", "workers: many\ncache:\n  size-max: big\n", []string{"config.yaml:1:", "/workers", "config.yaml:3:", "/cache/size-max"}},
		{"empty", "", []string{"config.yaml"}},
		{"bad Lua", basic + "lua:\n  script: |\n    nonsense(\n", []string{"/lua/script:"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			unharmed(t, func() {
				sut.WriteConfig(t, c.file)
				r := sut.Exec(t, "kresctl", "reload")
				if r.Code != 1 {
					t.Errorf("kresctl reload: exit %d, want 1", r.Code)
				}
				for _, w := range c.words {
					if !strings.Contains(r.Stderr, w) {
						t.Errorf("kresctl reload does not say %q:\n%s", w, r.Stderr)
					}
				}
				if !sut.Status(t).FileDiffers {
					t.Error("status does not tell that the file is another one than what runs")
				}
				if r := sut.Exec(t, "systemctl", "reload", "kresd-manager.service"); r.Code == 0 {
					t.Error("systemctl reload says that all is well")
				}
				sut.Must(t, "systemctl", "is-active", "kresd-manager.service")
				// A manager that dies now must not stumble over the file.
				sut.Must(t, "systemctl", "kill", "--kill-whom=main", "--signal=KILL", "kresd-manager.service")
				product.Eventually(t, "the manager is back", func() bool {
					a, err := sut.Request(t.Context(), "GET", "/v1/status", "")
					return err == nil && a.Code == 200
				})
			})
		})
	}
}

func TestWrongFileAtStart(t *testing.T) {
	sut.Wipe(t)
	sut.WriteConfig(t, "workers: many\n")
	if r := sut.Exec(t, "systemctl", "start", "kresd-manager.service"); r.Code == 0 {
		t.Error("the manager starts on a wrong file")
	}
	if st := sut.Must(t, "systemctl", "show", "-p", "ExecMainStatus,NRestarts,ActiveState", "kresd-manager.service"); !strings.Contains(st, "ExecMainStatus=78") || !strings.Contains(st, "NRestarts=0") || !strings.Contains(st, "ActiveState=failed") {
		t.Errorf("after a start on a wrong file:\n%s", st)
	}
	if j := sut.Journal(t.Context(), "kresd-manager.service"); !strings.Contains(j, "config.yaml:1:10: /workers") {
		t.Errorf("the journal does not say what is wrong:\n%s", j)
	}
	sut.WriteConfig(t, basic+"lua:\n  script: error('not today')\n")
	sut.Exec(t, "systemctl", "reset-failed", "kresd-manager.service")
	if r := sut.Exec(t, "systemctl", "start", "kresd-manager.service"); r.Code == 0 {
		t.Error("the manager starts on Lua that fails")
	}
	if j := sut.Journal(t.Context(), "kresd-manager.service"); !strings.Contains(j, "not today") {
		t.Errorf("the journal does not say what is wrong:\n%s", j)
	}
	if got := sut.PIDs(t); len(got) != 0 {
		t.Errorf("running after a failed start: %v", got)
	}
	sut.Must(t, "rm", product.ConfigFile)
	sut.Exec(t, "systemctl", "reset-failed", "kresd-manager.service")
	if r := sut.Exec(t, "systemctl", "start", "kresd-manager.service"); r.Code == 0 {
		t.Error("the manager starts without a file")
	}
	if st := sut.Must(t, "systemctl", "show", "-p", "ExecMainStatus,NRestarts,ActiveState", "kresd-manager.service"); !strings.Contains(st, "ExecMainStatus=78") || !strings.Contains(st, "NRestarts=0") || !strings.Contains(st, "ActiveState=failed") {
		t.Errorf("after a start without a file:\n%s", st)
	}
	if j := sut.Journal(t.Context(), "kresd-manager.service"); !strings.Contains(j, "cannot read "+product.ConfigFile+": no such file or directory") {
		t.Errorf("the journal does not say that there is no file:\n%s", j)
	}
}
