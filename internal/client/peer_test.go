// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/user"
	"testing"

	"golang.org/x/sys/unix"

	"kresd-manager/test/listen"
)

func TestWhoIsBelieved(t *testing.T) {
	const root, manager, worker, ann, bob = 0, 901, 902, 1000, 1001
	installed := map[string]uint32{managerAccount: manager, workerAccount: worker}
	for _, c := range []struct {
		name       string
		self, peer uint32
		accounts   map[string]uint32
		want       bool
	}{
		{"root's kresctl believes root", root, root, installed, true},
		{"and the manager", root, manager, installed, true},
		{"but no worker", root, worker, installed, false},
		{"and no user", root, ann, installed, false},
		{"a user believes root", ann, root, installed, true},
		{"and the manager", ann, manager, installed, true},
		{"and oneself", ann, ann, installed, true},
		{"but no worker", ann, worker, installed, false},
		{"and no one else", ann, bob, installed, false},
		{"where nothing is installed, too", ann, ann, nil, true},
		{"kres-graphite believes systemd", worker, root, installed, true},
		{"and the manager", worker, manager, installed, true},
		{"but no worker, though that is the same user", worker, worker, installed, false},
		{"ExecReload= believes systemd", manager, root, installed, true},
		{"and its own manager", manager, manager, installed, true},
		{"but no worker", manager, worker, installed, false},
		{"an account that is not there has no number", root, 0xffffffff, nil, false},
	} {
		j := judge{self: c.self, uidOf: func(account string) (uint32, error) {
			uid, ok := c.accounts[account]
			if !ok {
				return 0, user.UnknownUserError(account)
			}
			return uid, nil
		}}
		if got := j.believes(c.peer); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	dark := judge{self: ann, uidOf: func(string) (uint32, error) { return 0, errors.New("the user database is away") }}
	if dark.believes(ann) || !dark.believes(root) {
		t.Error("who may be a worker believes oneself")
	}
}

// stranger listens on a socket and gives what is sent to it.
func stranger(t *testing.T) (path string, sent func() string) {
	t.Helper()
	l := listen.Unix(t)
	got := make(chan string, 1)
	go func() {
		defer close(got)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b, _ := io.ReadAll(c)
		got <- string(b)
	}()
	return l.Addr().String(), func() string { defer l.Close(); return <-got }
}

func TestNothingIsSentToAStranger(t *testing.T) {
	path, sent := stranger(t)
	const nobodys = 4000000001
	j := newJudge()
	j.peer = func(c *net.UnixConn) (*unix.Ucred, error) {
		cred, err := credentials(c)
		if err != nil || cred.Uid != uint32(os.Getuid()) || cred.Pid != int32(os.Getpid()) {
			t.Errorf("this process listens, and the kernel tells %+v, %v", cred, err)
		}
		return &unix.Ucred{Uid: nobodys, Pid: 17}, nil
	}
	c := newClient(path, "localhost", func(ctx context.Context) (net.Conn, error) { return j.dialUnix(ctx, path) })
	c.UseToken("secret-secret-secret")
	_, err := c.Status(t.Context())
	var peer *PeerError
	if !errors.As(err, &peer) || peer.UID != nobodys {
		t.Fatalf("the error is %v", err)
	}
	if err := c.Events(t.Context(), Reconnect{}, nil); !errors.As(err, &peer) {
		t.Errorf("the error of a stream is %v", err)
	}
	if got := sent(); got != "" {
		t.Errorf("sent was %q", got)
	}
}

func TestAStrangerIsNamed(t *testing.T) {
	for _, c := range []struct {
		err  PeerError
		want string
	}{
		{PeerError{Address: "/s", UID: 902, Name: workerAccount, PID: 17},
			"nothing was sent to /s: it is served by user knot-resolver (uid 902), process 17, not by root or kresd-manager; " +
				"systemctl restart kresd-manager.socket takes it back"},
		{PeerError{Address: "/s", UID: 902, Name: workerAccount, PID: 17, Stock: true},
			"nothing was sent to /s: this is Knot Resolver's own manager (knot-resolver.service, process 17); control it with kresctl.knot-resolver, " +
				"or switch: systemctl mask --now knot-resolver.service; systemctl enable --now kresd-manager.service"},
		{PeerError{Address: "/s", UID: 1001, Self: true},
			"nothing was sent to /s: it is served by uid 1001, not by root, kresd-manager or yourself; " +
				"if it is that user's manager, run kresctl as that user; otherwise systemctl restart kresd-manager.socket takes the socket back"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%s\nwant\n%s", got, c.want)
		}
	}
}
