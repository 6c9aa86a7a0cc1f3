// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/web"
	"kresd-manager/test/script"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kres-fleet": main})
}

// TestScript runs testdata/script. Besides the commands of package script there are
//
//	store                 serve a store, which s.toml names, and ns2.toml as another host, with keys of alice in signers
//	tells HOST STATE [RELEASE] [REASON]   a host tells this of itself, of the rollout of now
//	there HOST            and counts as there
//	leads HOST            a host decides, or would
//	sign FOLDER [KEY]     sign a release, as alice or with another key
//	fleetlock             serve FleetLock with one slot at $LOCK, which s.toml names
//	narrow stdout|stderr  no line has more than 80 columns
func TestScript(t *testing.T) {
	script.Run(t, testscript.Params{
		Setup: func(env *testscript.Env) error {
			env.Setenv("USER", "alice")
			env.Setenv("SUDO_USER", "alice")
			env.Values[benchKey{}] = new(served)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"store": startStore, "puts": puts, "tells": tells, "there": there, "leads": leads, "sign": sign, "fleetlock": startLock, "narrow": narrow,
		},
	})
}

type benchKey struct{}

// served is a store of a script.
type served struct{ store *web.Store }

func keygen(ts *testscript.TestScript, name string) {
	out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", ts.MkAbs(name)).CombinedOutput()
	if err != nil {
		ts.Fatalf("%v: %s", err, out)
	}
}

func startStore(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	address := l.Addr().String()
	ts.Check(l.Close())
	put := func(name, text string) { ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600)) }
	keygen(ts, "key")
	put("signers", "alice "+ts.ReadFile("key.pub"))
	put("tokens", "admin "+adminToken+"\nlead ns1 "+leadToken+"\n")
	put("token", adminToken+"\n")
	ts.Check(os.MkdirAll(ts.MkAbs("state"), 0o700))
	put("s.toml", fmt.Sprintf("host = \"ns1\"\nallowed-signers = %q\nstate-dir = %q\nsocket = %q\n[store]\nkind = \"https\"\nurl = \"http://%s\"\ntoken-file = %q\n",
		ts.MkAbs("signers"), ts.MkAbs("state"), ts.MkAbs("no.sock"), address, ts.MkAbs("token")))
	put("ns2.toml", strings.Replace(ts.ReadFile("s.toml"), `"ns1"`, `"ns2"`, 1))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() {
		ended <- quietly(ctx, "serve", "--listen", address, "--tokens", ts.MkAbs("tokens"), "--state", ts.MkAbs("kept"))
	}()
	ts.Defer(func() {
		stop()
		if code := <-ended; code != 0 {
			ts.Logf("kres-fleet serve ends with %d", code)
		}
	})
	s, err := web.Open("http://"+address, adminToken, nil)
	ts.Check(err)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err = s.Read(ctx, store.Rollout); err == nil {
			ts.Value(benchKey{}).(*served).store = s
			return
		}
	}
	ts.Fatalf("the store does not answer: %v", err)
}

func put(ts *testscript.TestScript, key string, data []byte) {
	s := ts.Value(benchKey{}).(*served).store
	if s == nil {
		ts.Fatalf("there is no store yet")
	}
	_, _, err := s.Commit(context.Background(), nil, []store.Change{{Key: key, Data: data}})
	ts.Check(err)
}

func puts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: puts KEY TEXT")
	}
	put(ts, args[0], []byte(args[1]))
}

func tells(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: tells HOST STATE [RELEASE] [REASON]")
	}
	h := rollout.Host{Format: rollout.Format, ID: args[0], Tags: rollout.Tags{"host": args[0]}, State: rollout.State(args[1]), Since: "2026-06-01T12:00:00Z"}
	if len(args) > 2 {
		h.Release = args[2]
	}
	if len(args) > 3 {
		h.Reason = strings.ReplaceAll(args[3], `\n`, "\n")
	}
	snap, err := ts.Value(benchKey{}).(*served).store.Read(context.Background(), store.Rollout)
	ts.Check(err)
	if v, ok := snap.Get(store.Rollout); ok {
		r, err := rollout.Parse(v.Data)
		ts.Check(err)
		h.Rollout, h.Rank = r.ID, rollout.RankOf("m", h.ID, r.ID)
	}
	h.On = h.State == rollout.OK || h.State == rollout.HostSoaking || h.State == rollout.Applying
	h.Tried = h.On || h.State == rollout.Failed
	put(ts, store.Hosts+h.ID, h.Text())
}

func there(ts *testscript.TestScript, neg bool, args []string) {
	for _, host := range args {
		put(ts, store.Alive+host, []byte("x"))
	}
}

func leads(ts *testscript.TestScript, neg bool, args []string) {
	put(ts, store.Leader, []byte(args[0]))
}

func sign(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: sign FOLDER [KEY]")
	}
	key := "key"
	if len(args) > 1 {
		key = args[1]
		keygen(ts, key)
	}
	out, err := exec.Command("ssh-keygen", "-Y", "sign", "-q", "-n", "kres-fleet", "-f", ts.MkAbs(key), filepath.Join(ts.MkAbs(args[0]), "manifest")).CombinedOutput()
	if err != nil {
		ts.Fatalf("%v: %s", err, out)
	}
}

// startLock serves FleetLock (https://coreos.github.io/zincati/development/fleetlock/protocol/)
// with one slot. What it was asked is in the file asked.
func startLock(ts *testscript.TestScript, neg bool, args []string) {
	var mu sync.Mutex
	var owner string
	if len(args) > 0 { // someone has it
		owner = args[0]
	}
	log := ts.MkAbs("asked")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var body struct {
			Params struct{ ID, Group string } `json:"client_params"`
		}
		err := json.NewDecoder(r.Body).Decode(&body)
		f, _ := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		fmt.Fprintln(f, r.Method, r.URL.Path, r.Header.Get("fleet-lock-protocol"), body.Params.ID, body.Params.Group)
		_ = f.Close()
		switch {
		case err != nil:
			http.Error(w, `{"kind":"bad","value":"no JSON"}`, http.StatusBadRequest)
		case r.URL.Path == "/v1/pre-reboot" && owner != "" && owner != body.Params.ID:
			http.Error(w, `{"kind":"failed_lock","value":"semaphore currently full, all slots are locked already"}`, http.StatusConflict)
		case r.URL.Path == "/v1/pre-reboot":
			owner = body.Params.ID
		case owner == body.Params.ID:
			owner = ""
		}
	}))
	ts.Defer(s.Close)
	text := ts.ReadFile("s.toml")
	ts.Check(os.WriteFile(ts.MkAbs("s.toml"), []byte(fmt.Sprintf("fleetlock = %q\nfleetlock-group = \"resolvers\"\n", s.URL)+text), 0o600))
}

func narrow(ts *testscript.TestScript, neg bool, args []string) {
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > width {
			ts.Fatalf("%d columns: %s", n, line)
		}
	}
}
