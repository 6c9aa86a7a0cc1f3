// SPDX-License-Identifier: Apache-2.0

package installed

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnit(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string // content, or -> and the target of a link
		unit  string
		want  string // values of User= and Group=, "" is no unit
	}{
		"a file":                          {map[string]string{"usr/lib/systemd/system/a.service": "User=lib"}, "a.service", "lib"},
		"none":                            {nil, "a.service", ""},
		"an administrator's wins":         {map[string]string{"usr/lib/systemd/system/a.service": "User=lib", "etc/systemd/system/a.service": "User=etc"}, "a.service", "etc"},
		"masked":                          {map[string]string{"usr/lib/systemd/system/a.service": "User=lib", "run/systemd/system/a.service": "-> /dev/null"}, "a.service", ""},
		"masked by an empty file":         {map[string]string{"usr/lib/systemd/system/a.service": "User=lib", "etc/systemd/system/a.service": ""}, "a.service", ""},
		"a drop-in adds":                  {map[string]string{"usr/lib/systemd/system/a.service": "User=lib", "etc/systemd/system/a.service.d/x.conf": "Group=etc"}, "a.service", "lib etc"},
		"drop-ins by name":                {map[string]string{"usr/lib/systemd/system/a.service": "User=0", "etc/systemd/system/a.service.d/10.conf": "User=1", "usr/lib/systemd/system/a.service.d/20.conf": "User=2"}, "a.service", "0 1 2"},
		"one drop-in in place of other":   {map[string]string{"usr/lib/systemd/system/a.service": "User=0", "etc/systemd/system/a.service.d/10.conf": "User=1", "usr/lib/systemd/system/a.service.d/10.conf": "User=2"}, "a.service", "0 1"},
		"a drop-in that is taken away":    {map[string]string{"usr/lib/systemd/system/a.service": "User=0", "etc/systemd/system/a.service.d/10.conf": "-> /dev/null", "usr/lib/systemd/system/a.service.d/10.conf": "User=2"}, "a.service", "0"},
		"what is no drop-in":              {map[string]string{"usr/lib/systemd/system/a.service": "User=0", "etc/systemd/system/a.service.d/README": "User=1"}, "a.service", "0"},
		"of all services":                 {map[string]string{"usr/lib/systemd/system/a.service": "User=0", "etc/systemd/system/service.d/10.conf": "User=1"}, "a.service", "0 1"},
		"of all with a prefix":            {map[string]string{"usr/lib/systemd/system/a-b-c.service": "User=0", "etc/systemd/system/a-.service.d/10.conf": "User=1", "etc/systemd/system/a-b-.service.d/10.conf": "User=2", "etc/systemd/system/a-.service.d/05.conf": "User=3"}, "a-b-c.service", "0 3 2"},
		"a template":                      {map[string]string{"usr/lib/systemd/system/a@.service": "User=0", "etc/systemd/system/a@.service.d/10.conf": "User=1", "run/systemd/system/a@1.service.d/05.conf": "User=2"}, "a@1.service", "0 2 1"},
		"a file of the instance":          {map[string]string{"usr/lib/systemd/system/a@.service": "User=0", "usr/lib/systemd/system/a@1.service": "User=1"}, "a@1.service", "1"},
		"other sections and continued":    {map[string]string{"usr/lib/systemd/system/a.service": "# User=x\nUser = a \\\n  b\n[Unit]\nDescription=x\n[Service]\nGroup="}, "a.service", "a b"},
		"a file that is a link elsewhere": {map[string]string{"opt/real": "[Service]\nUser=real", "etc/systemd/system/a.service": "-> ../../../opt/real"}, "a.service", "real"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for path, text := range c.files {
				path = filepath.Join(root, path)
				try(t, os.MkdirAll(filepath.Dir(path), 0o755))
				if target, ok := strings.CutPrefix(text, "-> "); ok {
					try(t, os.Symlink(target, path))
					continue
				}
				if text != "" && text[0] != '[' {
					text = "[Service]\n" + text + "\n"
				}
				try(t, os.WriteFile(path, []byte(text), 0o644))
			}
			u, err := Unit(root, c.unit)
			if c.want == "" {
				if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "there is no unit file for a.service") {
					t.Errorf("%+v, %v", u, err)
				}
				return
			}
			try(t, err)
			var got []string
			for _, o := range u.Options {
				if o.Section == "Service" && (o.Name == "User" || o.Name == "Group") {
					got = append(got, o.Value)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(strings.Fields(strings.Join(got, " ")), " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
