// SPDX-License-Identifier: Apache-2.0

package access

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kresd-manager/internal/config"
)

// fake is a tree in memory: by path, "mode owner group kind", where kind may
// be "-> TARGET"; a plus sign behind the mode is an access control list, and
// "hidden" is what the one who asks may not look at.
type fake map[string]string

var ids = map[string]uint32{"root": 0, "kres": 5, "other": 6, "staff": 7}

func (f fake) Lstat(p string) (Info, error) {
	line, ok := f[p]
	if !ok {
		return Info{}, &fs.PathError{Op: "lstat", Path: p, Err: fs.ErrNotExist}
	}
	words := strings.Fields(line)
	switch words[0] {
	case "hidden":
		return Info{}, &fs.PathError{Op: "lstat", Path: p, Err: fs.ErrPermission}
	case "broken":
		return Info{}, &fs.PathError{Op: "lstat", Path: p, Err: errors.New("input/output error")}
	}
	info := Info{UID: ids[words[1]], GID: ids[words[2]], Owner: words[1], Group: words[2]}
	words[0], info.ACL = strings.CutSuffix(words[0], "+")
	for _, digit := range words[0] {
		info.Mode = info.Mode<<3 | uint32(digit-'0')
	}
	info.Kind = map[string]Kind{
		"dir": Directory, "file": Regular, "sock": Socket, "dev": Other, "->": Symlink,
	}[words[3]]
	return info, nil
}

func (f fake) Readlink(p string) (string, error) { return path.Clean(strings.Fields(f[p])[4]), nil }

func TestCheck(t *testing.T) {
	tree := fake{
		"/":              "755 root root dir",
		"/etc":           "755 root root dir",
		"/etc/a":         "644 root root file",
		"/etc/key":       "600 root root file",
		"/etc/group":     "640 root kres file",
		"/etc/staff":     "640 root staff file",
		"/etc/mine":      "066 kres kres file", // the class of the owner alone counts
		"/etc/mygroup":   "604 root kres file", // and that of the group
		"/etc/acl":       "640+ root root file",
		"/etc/acl-mine":  "400+ kres kres file",
		"/etc/link":      "777 root root -> key",
		"/etc/far":       "777 root root -> /srv/../etc/a",
		"/etc/dangling":  "777 root root -> nowhere",
		"/etc/loop":      "777 root root -> /etc/loop",
		"/etc/through":   "777 root root -> /srv/locked/x",
		"/etc/dev":       "666 root root dev",
		"/etc/broken":    "broken",
		"/etc/hidden":    "hidden",
		"/srv":           "755 root root dir",
		"/srv/locked":    "750 other other dir",
		"/srv/locked/x":  "644 kres kres file",
		"/srv/search":    "751 other other dir",
		"/srv/search/x":  "644 kres kres file",
		"/srv/acl":       "750+ other other dir",
		"/srv/acl/x":     "644 kres kres file",
		"/run":           "755 root root dir",
		"/run/kres":      "770 kres kres dir",
		"/run/kres/sock": "755 root root sock",
		"/run/tap":       "666 root root sock",
		"/run/kres/file": "600 root root file",
		"/run/kres/sub":  "755 root root dir",
		"/run/half":      "200 kres kres dir",
	}
	tests := []struct {
		name string
		need Need
		path string
		want string
	}{
		{"a file for all", ReadFile, "/etc/a", ""},
		{"a file by way of dots", ReadFile, "/etc/../etc/./a", ""},
		{"a file of root", ReadFile, "/etc/key", "/etc/key is not readable by the user kres: mode 0600, owner root, group root"},
		{"a file of the group", ReadFile, "/etc/group", ""},
		{"a file of a further group", ReadFile, "/etc/staff", ""},
		{"an owner who may not", ReadFile, "/etc/mine", "/etc/mine is not readable by the user kres: mode 0066, owner kres, group kres"},
		{"a group that may not", ReadFile, "/etc/mygroup", "/etc/mygroup is not readable by the user kres: mode 0604, owner root, group kres"},
		{"nothing", ReadFile, "/etc/none", "/etc/none does not exist"},
		{"nothing on the way", ReadFile, "/none/a", "/none does not exist"},
		{"a file on the way", ReadFile, "/etc/a/b", "/etc/a is a regular file, not a directory"},
		{"a file on the way up", ReadFile, "/etc/a/../key", "/etc/a is a regular file, not a directory"},
		{"a directory in place of a file", ReadFile, "/etc", "/etc is a directory, not a regular file"},
		{"a device in place of a file", ReadFile, "/etc/dev", "/etc/dev is a device or FIFO, not a regular file"},
		{"a link", ReadFile, "/etc/link", "/etc/key is not readable by the user kres: mode 0600, owner root, group root"},
		{"a link with an absolute target", ReadFile, "/etc/far", ""},
		{"a link to nothing", ReadFile, "/etc/dangling", "/etc/nowhere does not exist"},
		{"a loop", ReadFile, "/etc/loop", "/etc/loop leads through more than 40 symbolic links"},
		{"a directory that is closed", ReadFile, "/srv/locked/x",
			"the directory /srv/locked is not searchable by the user kres: mode 0750, owner other, group other"},
		{"a link through a directory that is closed", ReadFile, "/etc/through",
			"the directory /srv/locked is not searchable by the user kres: mode 0750, owner other, group other"},
		{"an ACL", ReadFile, "/etc/acl", "? /etc/acl has an ACL; not judged"},
		{"an ACL does not concern the owner", ReadFile, "/etc/acl-mine", ""},
		{"an ACL on the way", ReadFile, "/srv/acl/x", "? /srv/acl has an ACL; not judged"},
		{"what the caller may not see", ReadFile, "/etc/hidden", "? cannot look at /etc/hidden, so that it is not judged"},
		{"what is broken", ReadFile, "/etc/broken", "cannot look at /etc/broken: input/output error"},

		{"a file to watch", WatchFile, "/etc/key", ""},
		{"one that is not there yet", WatchFile, "/etc/none", ""},
		{"one by way of a link", WatchFile, "/etc/link", ""},
		{"one in a directory that only lets search", WatchFile, "/srv/search/x",
			"the directory /srv/search is not readable and searchable by the user kres: mode 0751, owner other, group other"},

		{"a directory to write to", WriteDir, "/run/kres", ""},
		{"one of others", WriteDir, "/run", "the directory /run is not writable and searchable by the user kres: mode 0755, owner root, group root"},
		{"one without search", WriteDir, "/run/half", "the directory /run/half is not writable and searchable by the user kres: mode 0200, owner kres, group kres"},
		{"no directory", WriteDir, "/etc/a", "/etc/a is a regular file, not a directory"},
		{"none at all", WriteDir, "/run/none", "/run/none does not exist"},

		{"a file to make", WriteFile, "/run/kres/new", ""},
		{"one in a directory that is not there", WriteFile, "/run/none/new", "/run/none does not exist"},
		{"one in a directory of others", WriteFile, "/run/new", "the directory /run is not writable and searchable by the user kres: mode 0755, owner root, group root"},
		{"one that is there and of others", WriteFile, "/run/kres/file", "/run/kres/file is not writable by the user kres: mode 0600, owner root, group root"},
		{"one that is a directory", WriteFile, "/run/kres/sub", "/run/kres/sub is a directory, not a file"},
		{"the root", WriteFile, "/", "the directory / is not writable and searchable by the user kres: mode 0755, owner root, group root"},

		{"a socket to make", BindPath, "/run/kres/new", ""},
		{"a socket to replace", BindPath, "/run/kres/sock", ""},
		{"someone's socket", ConnectPath, "/run/tap", ""},
		{"someone's socket that is not there", ConnectPath, "/run/none", "/run/none does not exist"},
		{"someone's socket that is for others", ConnectPath, "/run/kres/sock", "/run/kres/sock is not writable by the user kres: mode 0755, owner root, group root"},
		{"someone's socket that is a file", ConnectPath, "/run/kres/file", "/run/kres/file is a regular file, not a socket"},
		{"a file in place of a socket", BindPath, "/run/kres/file", "/run/kres/file is a regular file, not a socket"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			who := Identity{Name: "kres", UID: ids["kres"], GIDs: []uint32{ids["kres"], ids["staff"]}}
			got := text(Check(tree, who, Path{Need: tt.need, Path: tt.path}))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	t.Run("root may do everything", func(t *testing.T) {
		root := Identity{Name: "root"}
		for p, need := range map[string]Need{"/etc/key": ReadFile, "/run/half": WriteDir, "/run/kres/file": WriteFile, "/etc/acl": ReadFile} {
			if got := text(Check(tree, root, Path{Need: need, Path: p})); got != "" {
				t.Error(got)
			}
		}
	})
	t.Run("a default is called one", func(t *testing.T) {
		got := text(Check(tree, Identity{Name: "x", UID: 9}, Path{Need: WriteDir, Path: "/run/none", Default: true}))
		if want := "/run/none does not exist (the default of this key)"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func text(findings []Finding) string {
	var lines []string
	for _, f := range findings {
		if f.Unsure {
			f.Message = "? " + f.Message
		}
		lines = append(lines, f.Message)
	}
	return strings.Join(lines, "\n")
}

func TestNeeds(t *testing.T) {
	tests := map[string]Need{
		"rfile": ReadFile, "wdir": WriteDir, "socket": BindPath, "wfile": WriteFile,
		"enum": "", "str": "", "": "", "connect": "", "watched": "", "socketry": "",
	}
	for grammar, want := range tests {
		got, ok := needOf(config.KeyType{Grammar: grammar, Words: []string{"rfile"}})
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %v", grammar, got, ok)
		}
	}
}

func TestLookup(t *testing.T) {
	who, err := Lookup("root")
	if err != nil || who.UID != 0 || len(who.GIDs) == 0 {
		t.Errorf("%+v, %v", who, err)
	}
	_, err = Lookup("nobody-of-this-name")
	if err == nil {
		t.Fatal("found a user that does not exist")
	}
	want := "there is no user nobody-of-this-name on this machine, so what it may access is unknown"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}
