// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"math/bits"
	"os"

	"golang.org/x/sys/unix"

	"kresd-manager/internal/durable"
	"kresd-manager/units"
)

// identity is what a rule database is known by. It is made anew by whoever opens
// it when it is gone or empty, so that the file being there says nothing.
type identity struct {
	Inode uint64 `json:"inode"`
	// Transaction and LastPage are of the last commit. Neither ever gets less in one
	// database, and both do when it is begun anew; 0 if they cannot be read.
	Transaction uint64 `json:"transaction"`
	LastPage    uint64 `json:"last-page"`

	missing bool
	unknown bool // it cannot be looked at
	plain   bool // the file system numbers files in one way only
}

// written is a rule database and the run of the policy-loader that wrote it.
type written struct {
	Format     int    `json:"format"`
	Invocation string `json:"invocation"`
	identity
}

// format is that of the record; one with a higher number is of a newer version.
const format = 1

// identify looks at a rule database. Its directory belongs to the workers' user,
// who could put anything there: nothing is followed, and nothing waited for.
func identify(path string) identity {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return identity{missing: true}
	}
	if err != nil {
		return identity{unknown: true}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	var on unix.Statfs_t
	if err := errors.Join(unix.Fstat(fd, &st), unix.Fstatfs(fd, &on)); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return identity{unknown: true}
	}
	id := identity{Inode: st.Ino, plain: on.Type == unix.TMPFS_MAGIC}
	id.Transaction, id.LastPage = lastCommit(fd)
	return id
}

// Where LMDB keeps its two meta pages, and in them what is wanted here, with words
// of 64 bits (struct MDB_meta in its mdb.c, behind the header of a page).
const (
	lmdbMagic   = 0xBEEFC0DE
	atMagic     = 16
	atPageSize  = atMagic + 24
	atLastPage  = atMagic + 120
	atTxn       = atMagic + 128
	metaBytes   = atTxn + 8
	maxPageSize = 64 << 10
)

// lastCommit reads the newer one of the meta pages, 0 if there is none.
func lastCommit(fd int) (transaction, lastPage uint64) {
	if bits.UintSize != 64 {
		return 0, 0
	}
	first, ok := readMeta(fd, 0)
	if !ok {
		return 0, 0
	}
	size := binary.NativeEndian.Uint32(first[atPageSize:])
	if size == 0 || size > maxPageSize {
		return 0, 0
	}
	second, ok := readMeta(fd, int64(size))
	if !ok {
		return 0, 0
	}
	for _, m := range [][]byte{first, second} {
		if t := binary.NativeEndian.Uint64(m[atTxn:]); t >= transaction {
			transaction, lastPage = t, binary.NativeEndian.Uint64(m[atLastPage:])
		}
	}
	return transaction, lastPage
}

func readMeta(fd int, at int64) ([]byte, bool) {
	b := make([]byte, metaBytes)
	n, err := unix.Pread(fd, b, at)
	return b, err == nil && n == len(b) && binary.NativeEndian.Uint32(b[atMagic:]) == lmdbMagic
}

// rulesLocked says how the rule database is not the one that the policy-loader has
// written, "" if it is or no one can know. The first look after a run notes what
// that run has left.
func (e *Eye) rulesLocked(live units.Live, now identity) string {
	loader := live.Unit(units.PolicyLoader)
	if loader.ActiveState != "active" || loader.Result != "success" || loader.InTransition() || loader.InvocationID == "" || now.unknown {
		return ""
	}
	switch {
	case now.missing:
		return "the rule database is gone"
	case now.Transaction == 0 && bits.UintSize == 64:
		return "the rule database is empty"
	}
	if e.rules.Invocation != loader.InvocationID {
		if e.rules.Invocation != "" || e.rules.Inode == 0 {
			e.rules.identity = now
		}
		e.rules.Format, e.rules.Invocation = format, loader.InvocationID
		if text, err := json.Marshal(e.rules); err == nil && e.o.Record != "" {
			_ = durable.Write(e.o.Record, text, 0o600) // without it the next manager notes what it finds
		}
	}
	if now.Inode != e.rules.Inode || now.Transaction < e.rules.Transaction || now.LastPage < e.rules.LastPage {
		return "the rule database is not the one that was loaded: it was emptied or replaced"
	}
	return ""
}

// removedSince reports whether a worker that began after the rules were loaded has a
// rule database open that was removed: the one that is there is of someone else.
func removedSince(live units.Live, seen map[string]answer) bool {
	loaded := live.Unit(units.PolicyLoader)
	if loaded.ActiveState != "active" || loaded.InTransition() || loaded.Since.IsZero() {
		return false
	}
	for unit, a := range seen {
		if deleted(a.seen.RuleDB) && live.Unit(unit).Began.After(loaded.Since) {
			return true
		}
	}
	return false
}

// recall reads what an earlier Eye has noted, nothing if that cannot be used.
func recall(path string) written {
	var w written
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &w) != nil || w.Format != format {
		return written{}
	}
	return w
}
