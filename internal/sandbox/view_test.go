// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"strings"
	"testing"

	"kresd-manager/internal/unitdir"
)

// settings reads lines of a section [Service].
func settings(lines string) (all []unitdir.Setting) {
	for line := range strings.SplitSeq(lines, "; ") {
		if name, value, ok := strings.Cut(line, "="); ok {
			all = append(all, unitdir.Setting{Section: "Service", Name: name, Value: value})
		}
	}
	return all
}

func TestViews(t *testing.T) {
	const ours = "ProtectSystem=strict; ReadWritePaths=/var/cache/a -/var/lib/b; ProtectHome=yes; PrivateTmp=yes; PrivateDevices=yes"
	for _, c := range []struct{ lines, path, want string }{
		{"", "/home/x", "written"},
		{ours, "/etc/x", "read, ProtectSystem=strict"},
		{ours, "/home/a/x", "hidden, ProtectHome=yes"},
		{ours, "/root", "hidden, ProtectHome=yes"},
		{ours, "/run/user/7/x", "hidden, ProtectHome=yes"},
		{ours, "/homes/x", "read, ProtectSystem=strict"},
		{ours, "/tmp/x", "hidden, PrivateTmp=yes"},
		{ours, "/var/tmp/a/b", "hidden, PrivateTmp=yes"},
		{ours, "/dev/shm/x", "written"},
		{ours, "/dev/x", "hidden, PrivateDevices=yes"},
		{ours, "/var/cache/a/b", "written"},
		{ours, "/var/cache/ab", "read, ProtectSystem=strict"},
		{ours, "/var/lib/b", "written"},

		{ours + "; ProtectHome=read-only", "/home/a/x", "read, ProtectHome=read-only"},
		{ours + "; ProtectHome=no", "/home/a/x", "read, ProtectSystem=strict"},
		{ours + "; ProtectHome=tmpfs", "/home/a/x", "hidden, ProtectHome=tmpfs"},
		{ours + "; ProtectHome=tmpfs; BindReadOnlyPaths=-/home/a", "/home/a/x", "read, BindReadOnlyPaths=-/home/a"},
		{ours + "; ProtectHome=tmpfs; BindReadOnlyPaths=-/home/a", "/home/b/x", "hidden, ProtectHome=tmpfs"},
		{ours + "; ProtectHome=tmpfs; BindPaths=/srv/a:/home/a:rbind", "/home/a/x", "written"},
		{ours + "; ProtectHome=tmpfs; BindPaths=/home/a; BindPaths=", "/home/a/x", "hidden, ProtectHome=tmpfs"},
		// What is below a path that is inaccessible is not opened by anything.
		{ours + "; BindReadOnlyPaths=/home/a", "/home/a/x", "hidden, ProtectHome=yes"},
		{ours + "; ReadWritePaths=/home/a", "/home/a/x", "hidden, ProtectHome=yes"},
		{ours + "; InaccessiblePaths=/etc/a; ReadOnlyPaths=/etc/a/b", "/etc/a/b", "hidden, InaccessiblePaths=/etc/a"},
		{ours + "; TemporaryFileSystem=/srv:ro", "/srv/x", "hidden, TemporaryFileSystem=/srv:ro"},
		{ours + "; PrivateTmp=no", "/tmp/x", "read, ProtectSystem=strict"},
		{ours + "; BindReadOnlyPaths=/tmp/a", "/tmp/a/x", "read, BindReadOnlyPaths=/tmp/a"},
		{ours + "; ReadWritePaths=+/srv/a", "/srv/a", "written"},
		{ours + "; ReadWritePaths=", "/var/cache/a", "read, ProtectSystem=strict"},
		{ours + "; ReadWritePaths=/etc; ReadOnlyPaths=/etc", "/etc/x", "read, ReadOnlyPaths=/etc"},
		{ours + "; StateDirectory=m:n", "/var/lib/m/x", "written"},
		{"ProtectSystem=full", "/etc/x", "read, ProtectSystem=full"},
		{"ProtectSystem=yes", "/etc/x", "written"},
		{ours + "; RootDirectory=/srv/root", "/home/a", "written"},
	} {
		s := Of("u.service", settings(c.lines)).at(c.path)
		got := "written"
		switch {
		case s.hidden != nil:
			got = "hidden, " + s.hidden.by
		case s.guarded != nil:
			got = "read, " + s.guarded.by
		}
		if got != c.want {
			t.Errorf("%s with %s: %s, want %s", c.path, strings.TrimPrefix(c.lines, ours), got, c.want)
		}
	}
}
