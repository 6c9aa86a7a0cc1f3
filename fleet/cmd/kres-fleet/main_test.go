// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/web"
	"kresd-manager/internal/visible"
)

const (
	adminToken = "admin-0123456789-0123456789-0123456789"
	leadToken  = "leadx-0123456789-0123456789-0123456789"
)

// bench is a store that kres-fleet serves, and settings that name it.
type bench struct {
	t        *testing.T
	dir      string
	settings string
	store    *web.Store
}

// do runs a command line.
func (b *bench) do(args ...string) (code int, out string) {
	b.t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(b.t.Context(), append([]string{"-c", b.settings}, args...), strings.NewReader(""), visible.NewWriter(&stdout), visible.NewWriter(&stderr))
	return code, stdout.String() + stderr.String()
}

// quietly runs a command line and forgets what it prints.
func quietly(ctx context.Context, args ...string) int {
	return run(ctx, args, strings.NewReader(""), visible.NewWriter(&bytes.Buffer{}), visible.NewWriter(&bytes.Buffer{}))
}

// must runs one that must succeed, with a text in what it prints.
func (b *bench) must(want string, args ...string) string {
	b.t.Helper()
	code, out := b.do(args...)
	if code != 0 || !strings.Contains(out, want) {
		b.t.Errorf("kres-fleet %s: exit status %d, %q does not have %q", strings.Join(args, " "), code, out, want)
	}
	return out
}

// fails runs one that must fail so.
func (b *bench) fails(status int, want string, args ...string) {
	b.t.Helper()
	if code, out := b.do(args...); code != status || !strings.Contains(out, want) {
		b.t.Errorf("kres-fleet %s: exit status %d, %q; not %d, %q", strings.Join(args, " "), code, out, status, want)
	}
}

func (b *bench) write(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	tokens := b.write("tokens", "admin "+adminToken+"\nlead ns1 "+leadToken+"\n")
	key := filepath.Join(b.dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	signers := b.write("signers", "alice "+string(public))
	token := b.write("token", adminToken+"\n")
	b.settings = b.write("s.toml", fmt.Sprintf("host = \"ns1\"\nallowed-signers = %q\nstate-dir = %q\n[store]\nkind = \"https\"\nurl = \"http://%s\"\ntoken-file = %q\n", signers, b.dir, address, token))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		ended <- quietly(ctx, "serve", "--listen", address, "--tokens", tokens, "--state", filepath.Join(b.dir, "store"))
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("kres-fleet serve ends with %d", code)
		}
	})
	if b.store, err = web.Open("http://"+address, adminToken, nil); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err = b.store.Read(t.Context(), store.Rollout); err == nil {
			return b
		}
	}
	t.Fatal(err)
	return b
}

// made makes, signs and publishes a release.
func (b *bench) made(name, sequence, text string) (digest string) {
	b.t.Helper()
	base := b.write(name+".yaml", text)
	more := b.write(name+"-more.yaml", "cache: {ttl-max: 1d}\n")
	folder := filepath.Join(b.dir, name)
	out := b.must("", "--json", "release", "make", "-o", folder, "--sequence", sequence, base, "ring=canary:"+more)
	var made struct{ Release string }
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		b.t.Fatalf("%v: %s", err, out)
	}
	b.fails(1, "the release is not signed", "release", "check", folder)
	if out, err := exec.Command("ssh-keygen", "-Y", "sign", "-q", "-n", "kres-fleet", "-f", filepath.Join(b.dir, "key"), filepath.Join(folder, "manifest")).CombinedOutput(); err != nil {
		b.t.Fatalf("%v\n%s", err, out)
	}
	b.must("signed by alice: good", "release", "check", folder)
	b.must("is in the store", "release", "publish", folder)
	return made.Release
}

func (b *bench) tell(id string, state rollout.State, rollouts int, release, reason string) {
	b.t.Helper()
	h := rollout.Host{Format: rollout.Format, ID: id, Tags: rollout.Tags{"host": id}, Rollout: rollouts, State: state, Reason: reason, Release: release}
	if _, _, err := b.store.Commit(b.t.Context(), nil, []store.Change{{Key: store.Hosts + id, Data: h.Text()}}); err != nil {
		b.t.Fatal(err)
	}
}

func TestCommands(t *testing.T) {
	b := newBench(t)
	b.must("no rollout has begun yet", "rollout", "status")
	r1 := b.made("r1", "1", "cache: {size-max: 100M}\n")
	b.tell("ns1", rollout.Idle, 0, "", "")
	b.tell("ns2", rollout.Idle, 0, "", "")
	b.must("2 hosts (ns1, ns2):\n  add /cache", "release", "diff", filepath.Join(b.dir, "r1"))
	b.must("rollout 1 of release "+r1[:12]+" has begun", "rollout", "start", r1[:8], "-m", "more cache")
	b.fails(1, "rollout 1 is preflight; wait for its end", "rollout", "start", r1[:8])
	b.tell("ns2", rollout.Drifted, 1, "", "what runs differs from the release of this host: /cache/size-max")
	out := b.must("rollout 1: preflight", "rollout", "status")
	for _, want := range []string{"more cache", "no host leads", "away: ns1, ns2\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("the status does not say %q:\n%s", want, out)
		}
	}
	b.must("is paused", "rollout", "pause", "-m", "lunch")
	b.fails(1, "is paused already", "rollout", "pause")
	b.fails(3, "lunch", "rollout", "status")
	b.must("was paused and is preflight", "rollout", "resume", "--max-missing", "100%")
	b.must("host ns2 is held", "hold", "ns2", "-m", "new disk")
	b.must("new disk", "hosts")
	b.must("takes part again", "release-hold", "ns2")
	b.fails(1, `there is no host "ns9"`, "hold", "ns9")
	b.must("is forgotten", "hosts", "forget", "ns2")
	b.must("is reverting", "rollout", "revert")
	var records []rollout.Record
	if err := json.Unmarshal([]byte(b.must("", "--json", "rollout", "history")), &records); err != nil || len(records) != 1 || records[0].Policy.MaxMissing != "100%" {
		t.Errorf("%+v, %v", records, err)
	}
	b.fails(1, `there is no release "ffff"`, "rollout", "start", "ffff")
	b.fails(2, "RELEASE is missing", "rollout", "start")
	b.fails(2, `there is no command "fly"`, "rollout", "fly")
	b.fails(1, "fleetlock, the URL of a server, is not set", "lock", "--", "true")
	b.fails(1, "FAIL  manager: kresd-manager does not answer", "doctor")
	b.settings = filepath.Join(b.dir, "none")
	b.fails(1, "cannot read the settings", "hosts")
}

// A release that was changed after it was signed is not published, and one that is no
// configuration is not made.
func TestReleasesThatAreRefused(t *testing.T) {
	b := newBench(t)
	b.made("r1", "1", "cache: {size-max: 100M}\n")
	folder := filepath.Join(b.dir, "r1")
	entries, err := os.ReadDir(filepath.Join(folder, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "blobs", entries[0].Name()), []byte("cache: {size-max: 1M}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.fails(1, "it was changed", "release", "publish", folder)
	text, err := os.ReadFile(filepath.Join(folder, "manifest"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "manifest"), bytes.Replace(text, []byte(`"sequence":1`), []byte(`"sequence":9`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	b.fails(1, "the signature is not of this text", "release", "publish", folder)
	b.fails(1, "bad.yaml", "release", "make", "-o", folder, "--sequence", "2", b.write("bad.yaml", "- 1\n"))
	b.fails(1, "not part of it: list", "release", "make", "-o", folder, "--sequence", "2", b.write("file.yaml", "local-data: {rpz: [{file: fleet-file:list}]}\n"))
	b.fails(2, "-o and --sequence are needed", "release", "make", b.write("x.yaml", "{}\n"))
}

func TestThePolicyOfAFile(t *testing.T) {
	b := &bench{t: t, dir: t.TempDir()}
	p, err := readPolicy(b.write("p.toml", "max-parallel = 5\nsoak = \"1m\"\nrings = [\"site=a\", \"*\"]\n"))
	if err != nil || p.MaxParallel != "5" || p.Soak.Duration() != time.Minute || p.MaxFailed != "1%" || len(p.Rings) != 2 {
		t.Errorf("%+v, %v", p, err)
	}
	for text, want := range map[string]string{"max-paralel = 5": "max-paralel", "soak = \"soon\"": "is not a time", "rings = [\"a\"]": `the last one is "*"`} {
		if _, err := readPolicy(b.write("p.toml", text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
