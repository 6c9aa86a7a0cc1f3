// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Host is the machine, as the manager sees it.
type Host struct {
	Group uint32 // of the workers
}

// Unusable says why workers cannot read a file. The manager is in their group, and is not
// told who they are.
func (h Host) Unusable(path string) (why, fix string) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is not there", "put it there, or correct the path"
	case errors.Is(err, fs.ErrPermission):
		return "is in a directory that workers may not enter", "namei -l " + path + " shows which; chmod o+x lets them, or keep the file in /etc/knot-resolver"
	case err != nil:
		return "", ""
	case info.IsDir():
		return "is a directory", "name a file"
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode()&0o004 != 0 || st.Gid == h.Group && info.Mode()&0o040 != 0 {
		return "", ""
	}
	if info.Mode()&0o400 != 0 && h.name(st.Uid) == "knot-resolver" {
		return "", ""
	}
	return fmt.Sprintf("cannot be read by workers: mode %04o, owner %s, group %s", info.Mode().Perm(), h.name(st.Uid), groupName(st.Gid)),
		fmt.Sprintf("chgrp knot-resolver %s; chmod 0640 %s", path, path)
}

// most is how much of a file is read for one line of it, in bytes.
const most = 64 << 20

// longest is what is quoted of a line, in bytes.
const longest = 120

// Line is a line of a regular file that everyone on this machine may read: who sees the
// answer may be allowed less than workers and manager are.
func (h Host) Line(path string, n int) (string, bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o004 == 0 || !open(filepath.Dir(path)) {
		return "", false
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", false
	}
	defer f.Close()
	in := bufio.NewScanner(io.LimitReader(f, most))
	in.Buffer(nil, 1<<20)
	for i := 1; in.Scan(); i++ {
		if i == n {
			text := shown(in.Text())
			return text, strings.TrimSpace(text) != ""
		}
	}
	return "", false
}

// shown is a line as it is quoted.
func shown(text string) string {
	text = strings.ToValidUTF8(strings.TrimRight(strings.ReplaceAll(text, "\t", " "), " \r"), "?")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// open reports whether everyone may enter a directory and all above it.
func open(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// Account is the name of a user.
func (h Host) Account(uid string) string {
	if u, err := user.LookupId(uid); err == nil {
		return "user " + u.Username
	}
	return "uid " + uid
}

func (h Host) name(uid uint32) string {
	return strings.TrimPrefix(h.Account(strconv.FormatUint(uint64(uid), 10)), "user ")
}

func groupName(gid uint32) string {
	id := strconv.FormatUint(uint64(gid), 10)
	if g, err := user.LookupGroupId(id); err == nil {
		return g.Name
	}
	return id
}
