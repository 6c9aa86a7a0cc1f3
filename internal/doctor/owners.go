// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const tmpfiles = "kresd-manager.conf"

// entry is a path and what tmpfiles.d(5) says of it.
type entry struct {
	path, user, group string
	mode              fs.FileMode
}

// owners looks at the accounts and at the directories that they share.
func (e *examination) owners() {
	for _, name := range []string{workerUser, managerUser} {
		if _, err := user.Lookup(name); err != nil {
			e.find("the user "+name+" does not exist", "units run as this user", "systemd-sysusers kresd-manager.conf; systemd-tmpfiles --create kresd-manager.conf")
			return
		}
	}
	conf := first(tmpfiles, "/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d")
	text, err := os.ReadFile(conf)
	if err != nil {
		e.find("tmpfiles.d does not have "+tmpfiles, "it creates the run directory at boot", e.Reinstall)
		return
	}
	const why = "workers and manager meet in these directories, and open nothing that is not theirs"
	for _, want := range entries(string(text)) {
		if is := e.differs(want); is != "" {
			e.find(want.path+" "+is, why, "systemd-tmpfiles --create "+tmpfiles)
		}
	}
	const state = "/var/lib/kresd-manager"
	if is := e.differs(entry{state, managerUser, workerUser, 0o750}); is != "" && !strings.HasSuffix(is, "is missing") {
		e.find(state+" "+is, "the history and the configuration for the next boot are kept there",
			fmt.Sprintf("chown -R %s:%s %s; chmod 0750 %s", managerUser, workerUser, state, state))
	}
	e.cache()
}

// entries reads the lines that make directories and files (tmpfiles.d(5)).
func entries(text string) []entry {
	var all []entry
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] != "d" && f[0] != "f" {
			continue
		}
		mode, err := strconv.ParseUint(f[2], 8, 32)
		if err != nil {
			continue
		}
		all = append(all, entry{f[1], f[3], f[4], fs.FileMode(mode)})
	}
	return all
}

// differs says how a path is not as it must be, "" if it is.
func (e *examination) differs(want entry) string {
	info, err := os.Lstat(want.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "is missing"
	}
	if err != nil {
		e.unseen(want.path + ", without root")
		return ""
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	owner, group := userName(st.Uid), groupName(st.Gid)
	if owner != want.user || group != want.group {
		return fmt.Sprintf("belongs to %s:%s and not to %s:%s", owner, group, want.user, want.group)
	}
	if mode := fs.FileMode(st.Mode & 0o7777); mode != want.mode { // with the sticky bit where the system has it
		return fmt.Sprintf("has mode %04o and not %04o", uint32(mode), uint32(want.mode))
	}
	return ""
}

// cache looks for files of others where the cache is, as a kresd leaves that was
// run as root.
func (e *examination) cache() {
	dir := "/var/cache/knot-resolver"
	if e.config != nil {
		dir = e.config.Cache.Storage
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		if !e.root {
			e.unseen("the cache, without root")
		}
		return
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			continue
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && userName(st.Uid) != workerUser {
			e.find(fmt.Sprintf("%s belongs to %s and not to %s", filepath.Join(dir, f.Name()), userName(st.Uid), workerUser),
				"workers cannot open the cache", fmt.Sprintf("chown -R %s:%s %s", workerUser, workerUser, dir))
			return
		}
	}
}

func userName(uid uint32) string {
	if u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10)); err == nil {
		return u.Username
	}
	return strconv.FormatUint(uint64(uid), 10)
}

func groupName(gid uint32) string {
	if g, err := user.LookupGroupId(strconv.FormatUint(uint64(gid), 10)); err == nil {
		return g.Name
	}
	return strconv.FormatUint(uint64(gid), 10)
}
