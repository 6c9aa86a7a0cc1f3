// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/input"
)

// The accounts of the tests have numbers that no one has.
var (
	theManager = access.Identity{Name: "boss", UID: 61001, GIDs: []uint32{61002, 61003}, Groups: []string{"crew", "journal"}}
	theWorker  = access.Identity{Name: "hand", UID: 61004, GIDs: []uint32{61002}, Groups: []string{"crew"}}
)

func both() *Readers {
	return &Readers{Manager: theManager, Worker: theWorker, Loader: theWorker, Collector: theWorker}
}

const good = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"

// texts are findings, a line each, with DIR in place of a directory.
func texts(found []Finding, dir string) []string {
	var lines []string
	for _, f := range found {
		line := f.String()
		if f.Unsure {
			line = "? " + line
		}
		lines = append(lines, strings.ReplaceAll(line, dir, "DIR"))
	}
	return lines
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can give files away")
	}
}

// folder is a directory that everyone may search.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "judge")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func put(t *testing.T, path, text string, mode os.FileMode, uid, gid int) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestTokenFiles(t *testing.T) {
	needRoot(t)
	for name, c := range map[string]struct {
		text     string
		mode     os.FileMode
		uid, gid int
		want     []string
	}{
		"the manager's":               {good, 0o400, 61001, 0, nil},
		"of the manager's own group":  {good, 0o640, 0, 61001, []string{"/management/roles/0/token-file: DIR/token is not readable by the user boss in the groups crew, journal: mode 0640, owner root, group 61001; chown boss DIR/token; chmod 0400 DIR/token"}},
		"of the group of the workers": {good, 0o640, 0, 61002, []string{"/management/roles/0/token-file: warning: DIR/token is readable by the user hand in the group crew, too: a worker that was taken over could use the API with this role; chown boss DIR/token; chmod 0400 DIR/token"}},
		"for all":                     {good, 0o444, 0, 0, []string{"/management/roles/0/token-file: warning: DIR/token is readable by the user hand in the group crew, too: a worker that was taken over could use the API with this role; chown boss DIR/token; chmod 0400 DIR/token"}},
		"of a group of the manager's": {good, 0o640, 0, 61003, nil},
		"in the clear":                {"0123456789abcdef0123456789abcdef\n", 0o400, 61001, 0, []string{"/management/roles/0/token-file: warning: DIR/token has the token itself: whoever can read the file, or a copy of it, has the role; move it to where it is used, and keep its hash here: kresctl token hash"}},
		"no hash":                     {"sha256:0123456789abcdef0123456789abcdef\n", 0o400, 61001, 0, []string{"/management/roles/0/token-file: no token gives this role: DIR/token: the hash of a token is sha256: and 64 hexadecimal digits; kresctl token hash makes it"}},
		"too short":                   {"short\n", 0o400, 61001, 0, []string{"/management/roles/0/token-file: no token gives this role: the token in DIR/token is shorter than 32 bytes; openssl rand -hex 32 >DIR/token"}},
		"the workers'":                {good, 0o400, 61004, 0, []string{"/management/roles/0/token-file: DIR/token is not readable by the user boss in the groups crew, journal: mode 0400, owner hand, group root; chown boss DIR/token; chmod 0400 DIR/token"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			put(t, dir+"/token", c.text, c.mode, c.uid, c.gid)
			got := texts(both().Files([]access.Path{{Pointer: "/management/roles/0/token-file", Need: access.ReadFile, Path: dir + "/token"}}), dir)
			for i := range got { // no name is known to the system
				got[i] = strings.ReplaceAll(got[i], "owner 61004", "owner hand")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		dir := folder(t)
		got := texts(both().Files([]access.Path{{Pointer: "/management/roles/0/token-file", Need: access.ReadFile, Path: dir + "/token"}}), dir)
		want := []string{"/management/roles/0/token-file: DIR/token does not exist; (umask 077; openssl rand -hex 32 >DIR/token); chown boss DIR/token"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("of a user's own manager", func(t *testing.T) {
		dir := folder(t)
		put(t, dir+"/token", good, 0o400, 61001, 0)
		one := Everyone(theManager, "")
		if got := one.Files([]access.Path{{Pointer: "/management/roles/0/token-file", Need: access.ReadFile, Path: dir + "/token"}}); len(got) > 0 {
			t.Errorf("%v", texts(got, dir))
		}
	})
}

// TestWhoUsesWhat has files of which either the manager or a worker may read one.
func TestWhoUsesWhat(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	put(t, dir+"/boss", "", 0o400, 61001, 0)
	put(t, dir+"/hand", "", 0o400, 61004, 0)
	put(t, dir+"/root", "", 0o600, 0, 0)
	if err := os.Mkdir(dir+"/closed", 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, dir+"/closed/zone", "", 0o644, 0, 0)
	r := both()
	r.bound = []string{dir + "/systemd.sock"}
	for _, c := range []struct{ pointer, file, want string }{
		{"/network/tls/key-file", "hand", ""},
		{"/network/tls/key-file", "boss", "DIR/boss is not readable by the user hand in the group crew: mode 0400, owner 61001, group root; chgrp crew DIR/boss; chmod g+r DIR/boss"},
		{"/network/tls/cert-file", "root", "DIR/root is not readable by the user hand in the group crew: mode 0600, owner root, group root; chgrp crew DIR/root; chmod g+r DIR/root"},
		{"/forward/0/servers/0/ca-file", "root", "DIR/root is not readable by the user hand in the group crew: mode 0600, owner root, group root; chgrp crew DIR/root; chmod g+r DIR/root"},
		{"/local-data/rpz/0/file", "closed/zone", "the directory DIR/closed is not searchable by the user hand in the group crew: mode 0700, owner root, group root; chmod o+x DIR/closed, or keep the file elsewhere"},
		{"/local-data/rpz/0/file", "none", "DIR/none does not exist; put it there, or take it out of the configuration"},
		{"/lua/script-file", "hand", ""},
	} {
		got := texts(r.Files([]access.Path{{Pointer: c.pointer, Need: access.ReadFile, Path: dir + "/" + c.file}}), dir)
		if want := strings.TrimPrefix(strings.Join([]string{c.pointer, c.want}, ": "), c.pointer+": "); want == "" {
			if len(got) > 0 {
				t.Errorf("%s of %s: %q", c.pointer, c.file, got)
			}
		} else if len(got) != 1 || got[0] != c.pointer+": "+want {
			t.Errorf("%s of %s:\n%q, want\n%q", c.pointer, c.file, got, want)
		}
	}
	// The run directory is the manager's to write to.
	for uid, wrong := range map[int]bool{61001: false, 61004: true} {
		if err := os.Chown(dir+"/closed", uid, 0); err != nil {
			t.Fatal(err)
		}
		got := texts(r.Files([]access.Path{{Pointer: "/rundir", Need: access.WriteDir, Path: dir + "/closed"}}), dir)
		if (len(got) > 0) != wrong || wrong && !strings.Contains(got[0], "DIR/closed is not writable and searchable by the user boss") {
			t.Errorf("a run directory of %d: %q", uid, got)
		}
	}
	for file, wrong := range map[string]bool{"systemd.sock": false, "own.sock": true} {
		got := r.Files([]access.Path{{Pointer: "/management/unix-socket", Need: access.BindPath, Path: dir + "/" + file}})
		if (len(got) > 0) != wrong {
			t.Errorf("%s: %v", file, texts(got, dir))
		}
	}
}

// TestWhatCannotBeWatchedIsReported has a directory that lets workers in and does
// not let the manager list it.
func TestWhatCannotBeWatchedIsReported(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	if err := os.Mkdir(dir+"/private", 0o711); err != nil {
		t.Fatal(err)
	}
	put(t, dir+"/private/key", "", 0o444, 0, 0)
	put(t, dir+"/zone", "", 0o444, 0, 0)
	var c config.Config
	c.LocalData.RPZ = []config.RPZ{{File: dir + "/zone", Watchdog: true}, {File: dir + "/private/key", Watchdog: true}, {File: dir + "/private/key"}}
	if err := os.Chmod(dir+"/private", 0o711); err != nil {
		t.Fatal(err)
	}
	want := []string{"/local-data/rpz/1/file: warning: a change of it is not seen: the directory DIR/private is not readable and searchable " +
		"by the user boss in the groups crew, journal: mode 0711, owner root, group root; kresctl renew after each change; or let boss list DIR/private"}
	if diff := cmp.Diff(want, texts(both().Watches(input.Named(&c)), dir)); diff != "" {
		t.Error(diff)
	}
}

// A file that no one reads need not be watched: what a script takes the place of, and
// certificates without an encrypted listener.
func TestWhatIsNotReadNeedNotBeWatched(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	if err := errors.Join(os.Mkdir(dir+"/private", 0o711), os.Chmod(dir+"/private", 0o711)); err != nil {
		t.Fatal(err)
	}
	put(t, dir+"/private/file", "", 0o444, 0, 0)
	tls := config.TLS{CertFile: dir + "/private/file", KeyFile: dir + "/private/file", Watchdog: true}
	zones := []config.RPZ{{File: dir + "/private/file", Watchdog: true}}
	encrypted := []config.Listen{{Kind: "dot"}}
	for name, c := range map[string]struct {
		config config.Config
		told   int
	}{
		"read":                  {config.Config{Network: config.Network{TLS: tls, Listen: encrypted}, LocalData: config.LocalData{RPZ: zones}}, 3},
		"no encrypted listener": {config.Config{Network: config.Network{TLS: tls}, LocalData: config.LocalData{RPZ: zones}}, 1},
		"script-only":           {config.Config{Network: config.Network{TLS: tls, Listen: encrypted}, Lua: config.Lua{ScriptOnly: true}}, 0},
		"policy-script-only":    {config.Config{LocalData: config.LocalData{RPZ: zones}, Lua: config.Lua{PolicyScriptOnly: true}}, 0},
	} {
		if got := texts(both().Watches(input.Named(&c.config)), dir); len(got) != c.told {
			t.Errorf("%s: %d are told, want %d: %q", name, len(got), c.told, got)
		}
	}
}

func TestRoles(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	file := filepath.Join(dir, "config.yaml")
	text := "management:\n  unix-socket: /s\n  roles:\n" +
		"    - {role: read, users: [root, '61001', nobody-of-this-name], groups: [root, no-such-group, '7']}\n" +
		"    - {role: operate, token: " + good[7:39] + "}\n"
	put(t, file, text, 0o644, 0, 0)
	doc, err := config.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := doc.Config(config.Host{CPUs: 1, Hostname: "h", BaseDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	strangers := []string{
		"/management/roles/0/users/2: there is no user nobody-of-this-name on this machine, so that it gives no one the role; getent passwd nobody-of-this-name; what only a directory service knows is given by its number",
		"/management/roles/0/groups/1: there is no group no-such-group on this machine, so that it gives no one the role; getent group no-such-group; what only a directory service knows is given by its number",
	}
	open := "/management/roles/1/token: warning: the token is in DIR/config.yaml, which is readable by the user hand in the group crew: a worker that was taken over could use the API with this role; keep it in a token-file of the user boss with mode 0400"
	if diff := cmp.Diff(append(strangers, open), texts(both().Roles(doc, c.Management.Roles), dir)); diff != "" {
		t.Error(diff)
	}
	put(t, file, text, 0o600, 61001, 0)
	if diff := cmp.Diff(strangers, texts(both().Roles(doc, c.Management.Roles), dir)); diff != "" {
		t.Error(diff)
	}
}

func TestWhoIsJudgedIsSaid(t *testing.T) {
	r := both()
	r.Note = "as I say"
	const want = "judged for boss in the groups crew, journal (kresd-manager.service); hand in the group crew (kresd@.service, kres-policy-loader.service, kres-gc.service): as I say"
	if diff := cmp.Diff(want, r.String()); diff != "" {
		t.Error(diff)
	}
	one := Everyone(theWorker, "")
	if diff := cmp.Diff("judged for hand in the group crew", one.String()); diff != "" {
		t.Error(diff)
	}
}
