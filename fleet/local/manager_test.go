// SPDX-License-Identifier: Apache-2.0

package local

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"kresd-manager/api"
	"kresd-manager/api/door"
	"kresd-manager/fleet/agent"
	"kresd-manager/fleet/release"
	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
	"kresd-manager/fleet/store"
	"kresd-manager/fleet/store/table"
	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/manager/inmemory"
)

// world is the manager itself, on a systemd in memory, behind its API on a socket.
type world struct {
	t       *testing.T
	dir     string
	file    string // of the fleet
	machine *inmemory.Machine
	manager *Manager
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "fleet") // the usual one may be too deep for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &world{t: t, dir: dir, file: filepath.Join(dir, "config.yaml")}
	local := filepath.Join(dir, "local.yaml")
	for path, text := range map[string]string{local: "workers: 2\n", w.file: "{}\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.machine, err = inmemory.Start(local, func(o *manager.Options) { o.Files = append(o.Files, w.file) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.machine.End)
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := door.NewServer(api.New(w.machine, api.Options{}), door.Options{})
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Shutdown(context.Background())
		<-ended
	})
	w.manager = &Manager{Socket: socket}
	return w
}

func (w *world) look() agent.View {
	w.t.Helper()
	v, err := w.manager.Look(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) value(pointer string) string {
	w.t.Helper()
	v, err := w.look().Running.Value(pointer)
	if err != nil {
		return ""
	}
	return string(v)
}

func document(t *testing.T, text string) *config.Document {
	t.Helper()
	doc, err := config.Parse("wanted", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// A trial, taken back and confirmed, with the manager itself.
func TestTrial(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	doc := document(t, "workers: 2\ncache: {size-max: 200M}\n")
	plan, err := w.manager.Plan(ctx, doc, w.look().ETag)
	if err != nil || !rollout.IsDigest(plan) || w.value("/cache") != "" {
		t.Errorf("%s, %v, %s", plan, err, w.value("/cache"))
	}
	if err := w.manager.Apply(ctx, doc, w.look().ETag, time.Minute, "fleet rollout 1"); err != nil {
		t.Fatal(err)
	}
	v := w.look()
	if v.Waiting == nil || *v.Waiting != "fleet rollout 1" || v.Left <= 0 || v.Left > time.Minute || w.value("/cache/size-max") != `"200M"` {
		t.Errorf("%+v", v)
	}
	var refused *agent.Refusal
	if err := w.manager.Apply(ctx, document(t, "workers: 3\n"), v.ETag, time.Minute, "another"); !errors.As(err, &refused) || !refused.Waits {
		t.Errorf("a second trial: %v", err)
	}
	if err := w.manager.Undo(ctx, "fleet rollout 9"); err != nil || w.look().Waiting == nil {
		t.Errorf("a trial of another is taken back: %v", err)
	}
	if err := w.manager.Undo(ctx, "fleet rollout 1"); err != nil {
		t.Fatal(err)
	}
	if v := w.look(); v.Waiting != nil || w.value("/cache") != "" {
		t.Errorf("after it was taken back: %+v", v)
	}
	if err := w.manager.Apply(ctx, doc, w.look().ETag, time.Minute, "fleet rollout 2"); err != nil {
		t.Fatal(err)
	}
	if err := w.manager.Confirm(ctx); err != nil {
		t.Fatal(err)
	}
	if v := w.look(); v.Waiting != nil || w.value("/cache/size-max") != `"200M"` {
		t.Errorf("after it was confirmed: %+v", v)
	}
	if err := w.manager.Confirm(ctx); !errors.As(err, &refused) || !strings.Contains(refused.Words, "no change waits") {
		t.Errorf("a second time: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	var refused *agent.Refusal
	if _, err := w.manager.Plan(t.Context(), document(t, "workers: many\n"), w.look().ETag); !errors.As(err, &refused) || refused.Stale || refused.Waits || !strings.Contains(refused.Words, "/workers") {
		t.Errorf("what is not valid: %v", err)
	}
	if err := w.manager.Apply(t.Context(), document(t, "workers: 3\n"), "0000", time.Minute, "x"); !errors.As(err, &refused) || !refused.Stale {
		t.Errorf("another ETag: %v", err)
	}
	w.manager.Socket += "x"
	if _, err := w.manager.Look(t.Context()); !client.Unreachable(err) || errors.As(err, &refused) {
		t.Errorf("no manager: %v", err)
	}
	r, err := newWorld(t).manager.Read(t.Context())
	if err != nil || r.Ill != "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// An agent rolls two releases over the manager itself, and goes back; a reload and a start
// of the manager change nothing.
func TestAnAgentWithTheManagerItself(t *testing.T) {
	w := newWorld(t)
	st := table.New()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	put := func(key string, data []byte) int64 {
		t.Helper()
		r, _, err := st.Commit(ctx, nil, []store.Change{{Key: key, Data: data}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	key, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	signers, err := sshsig.ParseSigners([]byte("alice " + string(ssh.MarshalAuthorizedKey(key.PublicKey()))))
	if err != nil {
		t.Fatal(err)
	}
	a, err := agent.New(agent.Config{
		Host: "ns1", MachineID: "x", Tags: func() (rollout.Tags, error) { return nil, nil }, Signers: func() ([]sshsig.Signer, error) { return signers, nil },
		StateDir: w.dir, File: w.file, Store: st, Manager: w.manager, Log: slog.New(slog.DiscardHandler), Pace: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	defer func() {
		stop()
		<-ended
	}()
	var r rollout.Record
	write := func(phase rollout.Phase, admit bool) {
		t.Helper()
		r.Phase, r.Threshold = phase, nil
		if admit {
			r.Threshold = []rollout.Rank{"ffffffffffffffff"}
		}
		r.Version++
		r.Basis, _ = st.Changed()
		put(store.Rollout, r.Text())
	}
	begin := func(id int, text string) {
		t.Helper()
		m := release.Manifest{Format: release.Format, Sequence: uint64(id), Base: release.Digest([]byte(text))}
		sig, err := sshsig.Armor(m.Text(), release.Namespace, key)
		if err != nil {
			t.Fatal(err)
		}
		name := release.Digest(m.Text())
		put(store.Blobs+m.Base, []byte(text))
		put(store.Releases+name, release.Bundle{Manifest: string(m.Text()), Signature: string(sig)}.Text())
		p := rollout.DefaultPolicy()
		p.Rings, p.HostSoak, p.MinQueries, p.Jitter = []rollout.Match{"*"}, rollout.Duration(300*time.Millisecond), 0, 0
		r = rollout.Record{Format: rollout.Format, ID: id, Release: name, Sequence: uint64(id), By: "alice", Policy: p}
		write(rollout.Preflight, false)
	}
	until := func(s rollout.State) rollout.Host {
		t.Helper()
		var h rollout.Host
		for ctx.Err() == nil {
			got, err := st.Read(ctx, store.Hosts+"ns1")
			if v, ok := got.Get(store.Hosts + "ns1"); ok && err == nil {
				if h, err = rollout.ParseHost("ns1", v.Data); err == nil && h.State == s && h.Rollout == r.ID {
					return h
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatalf("the host is %+v, not %s", h, s)
		return h
	}
	begin(1, "cache: {size-max: 200M}\n")
	until(rollout.Planned)
	write(rollout.Rolling, true)
	until(rollout.OK)
	if got := w.value("/cache/size-max"); got != `"200M"` {
		t.Errorf("%s", got)
	}
	c := client.New(w.manager.Socket)
	defer c.Close()
	status := func() (differs bool) {
		t.Helper()
		s, err := c.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s.Unsaved() || s.FileDiffers || s.FileEdited()
	}
	if status() {
		t.Error("the file is not what runs")
	}
	begin(2, "cache: {size-max: 300M}\n")
	until(rollout.Planned)
	write(rollout.Rolling, true)
	until(rollout.OK)
	write(rollout.Reverting, true)
	until(rollout.WentBack)
	if got := w.value("/cache/size-max"); got != `"200M"` || status() {
		t.Errorf("after going back: %s, differs: %t", got, status())
	}
	// What is refused in the dry run, and in the file of another: with both places.
	begin(3, "workers: 7\n")
	if h := until(rollout.Refused); !strings.Contains(h.Reason, "/workers") || !strings.Contains(h.Reason, "the local configuration") {
		t.Errorf("%s", h.Reason)
	}
	// A local edit over the API is drift, and stays.
	if _, err := c.Put(ctx, "/cache/size-max", []byte(`"111M"`), "json", client.ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	begin(4, "cache: {size-max: 400M}\n")
	if h := until(rollout.Drifted); !strings.Contains(h.Reason, "/cache/size-max") {
		t.Errorf("%s", h.Reason)
	}
	write(rollout.Rolling, true)
	time.Sleep(500 * time.Millisecond)
	if got := w.value("/cache/size-max"); got != `"111M"` {
		t.Errorf("a local edit was overwritten: %s", got)
	}
}
