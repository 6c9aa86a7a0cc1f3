// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"

	"kresd-manager/units"

	"golang.org/x/sys/unix"
)

// The accounts that the packages make (sysusers.d).
const (
	managerAccount = "kresd-manager" // the installed manager
	workerAccount  = "knot-resolver" // workers and components, which the manager is kept from
)

// PeerError is a unix socket whose other end is not believed to be the manager.
// Nothing was sent there.
type PeerError struct {
	Address string // path of the socket
	UID     uint32
	Name    string // of the account, "" if the number has none
	PID     int32  // of the process that began to listen, 0 if it is not to be seen
	Stock   bool   // that process is of Knot Resolver's own manager
	Self    bool   // one's own account would have been believed, too
}

func (e *PeerError) Error() string {
	who := fmt.Sprintf("uid %d", e.UID)
	if e.Name != "" {
		who = fmt.Sprintf("user %s (uid %d)", e.Name, e.UID)
	}
	if e.PID > 0 {
		who += fmt.Sprintf(", process %d", e.PID)
	}
	believed := "root or " + managerAccount
	if e.Self {
		believed = "root, " + managerAccount + " or yourself"
	}
	hint := "if it is that user's manager, run kresctl as that user; otherwise systemctl restart kresd-manager.socket takes the socket back"
	switch {
	case e.Stock:
		return fmt.Sprintf("nothing was sent to %s: this is Knot Resolver's own manager (%s, process %d); control it with kresctl.knot-resolver, or switch: systemctl mask --now %s; systemctl enable --now kresd-manager.service",
			e.Address, units.Stock, e.PID, units.Stock)
	case e.Name == workerAccount:
		hint = "systemctl restart kresd-manager.socket takes it back"
	}
	return fmt.Sprintf("nothing was sent to %s: it is served by %s, not by %s; %s", e.Address, who, believed, hint)
}

// judge decides who is believed to be the manager.
type judge struct {
	self  uint32                                     // effective user of this process
	uidOf func(account string) (uint32, error)       // [user.UnknownUserError] if there is none
	peer  func(c *net.UnixConn) (*unix.Ucred, error) // who listens
	stock func(pid int32) bool                       // see inStock
}

func newJudge() judge {
	return judge{self: uint32(os.Geteuid()), peer: credentials, stock: inStock, uidOf: func(account string) (uint32, error) {
		u, err := user.Lookup(account)
		if err != nil {
			return 0, err
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		return uint32(uid), err
	}}
}

// believes reports whether a process of a user may be the manager:
//
//   - root: systemd listens for the installed manager, and the credentials of a
//     listening socket are those of who called listen(2) (unix(7), SO_PEERCRED),
//     so that they stay root's when the manager accepts; a manager that root
//     runs (kresd-manager run) listens itself.
//   - kresd-manager: the installed manager, where it listens itself.
//   - oneself: a manager that a user runs for himself (kresd-manager run --user).
//     Who listens as oneself could do all of what this process may without it.
//
// Oneself is nothing more for root, and nothing at all for knot-resolver: every
// worker is that user, the manager never is, and the workers are what the rule is
// about. So kres-graphite, a component of the installed system that is that
// user, believes only the first two; one that a user's own manager starts runs
// as this user and believes the third. A kresctl of kresd-manager itself
// (ExecReload=) believes the same by the first two.
func (j judge) believes(uid uint32) bool {
	if uid == 0 {
		return true
	}
	if manager, err := j.uidOf(managerAccount); err == nil && uid == manager {
		return true
	}
	return uid == j.self && j.believesSelf()
}

// believesSelf reports whether oneself is more than root and kresd-manager are.
func (j judge) believesSelf() bool {
	if manager, err := j.uidOf(managerAccount); j.self == 0 || err == nil && j.self == manager {
		return false
	}
	worker, err := j.uidOf(workerAccount)
	var none user.UnknownUserError
	return errors.As(err, &none) || err == nil && j.self != worker
}

// dialUnix connects a unix socket and returns the connection only if who listens
// there is believed, before anything is sent. Otherwise the error is
// *[PeerError].
func (j judge) dialUnix(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	cred, err := j.peer(c.(*net.UnixConn)) // a dialer of "unix" gives no other
	switch {
	case err != nil:
		err = fmt.Errorf("cannot tell who listens there: %w", err)
	case !j.believes(cred.Uid):
		e := &PeerError{Address: path, UID: cred.Uid, PID: cred.Pid, Self: j.believesSelf(), Stock: j.stock(cred.Pid)}
		if u, err := user.LookupId(strconv.FormatUint(uint64(cred.Uid), 10)); err == nil {
			e.Name = u.Username
		}
		err = e
	default:
		return c, nil
	}
	_ = c.Close()
	return nil, err
}

// inStock reports whether a process belongs to the service of Knot Resolver's own manager
// (cgroups(7)). It is for a hint alone: by now the number may be another process's.
func inStock(pid int32) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	return err == nil && pid > 0 && strings.Contains(string(text)+"\n", "/"+units.Stock+"\n")
}

// credentials are those of the process that called listen(2), as they were then
// (unix(7), SO_PEERCRED).
func credentials(c *net.UnixConn) (cred *unix.Ucred, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	cerr := raw.Control(func(fd uintptr) {
		cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	return cred, errors.Join(cerr, err)
}
