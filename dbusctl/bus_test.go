// SPDX-License-Identifier: Apache-2.0

package dbusctl

import (
	"bufio"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// bus is a bus with systemd on it, for one client at a time.
type bus struct {
	path string
	// answer returns what a method call of systemd's is answered with, by its
	// name without the interface: a body, or an error.
	answer func(b *bus, method string, call *dbus.Message) ([]any, error)
	then   func(b *bus, method string) // called when a call has been answered; nil is no one
	mute   bool                        // says nothing at all
	halt   sync.RWMutex                // held for writing while the bus is stopped

	mu         sync.Mutex
	conn       net.Conn
	rules      []string // match rules of the client
	subscribed bool     // the client is
}

// newBus returns a client of a new bus.
func newBus(t *testing.T, b *bus) *Client {
	t.Helper()
	dir, err := os.MkdirTemp("", "bus")
	if err != nil {
		t.Fatal(err)
	}
	b.path = filepath.Join(dir, "bus")
	l, err := net.Listen("unix", b.path)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.conn, b.rules, b.subscribed = c, nil, false
			b.mu.Unlock()
			all.Go(func() { b.serve(c) })
		}
	})
	client := &Client{Address: "unix:path=" + b.path}
	t.Cleanup(func() {
		l.Close()
		b.hangUp()
		client.Close()
		all.Wait()
		os.RemoveAll(dir)
	})
	return client
}

// stop has the bus neither read nor write until the test ends or goOn is called, as
// one does that got SIGSTOP.
func (b *bus) stop(t *testing.T) (goOn func()) {
	b.halt.Lock()
	goOn = sync.OnceFunc(b.halt.Unlock)
	t.Cleanup(goOn)
	return goOn
}

// running waits while the bus is stopped.
func (b *bus) running() {
	b.halt.RLock()
	defer b.halt.RUnlock()
}

// hangUp breaks the connection, as a bus that restarts does.
func (b *bus) hangUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn != nil {
		b.conn.Close()
	}
}

func (b *bus) serve(c net.Conn) {
	in := bufio.NewReader(c)
	for !b.mute { // authentication (D-Bus specification, "Authentication Protocol")
		b.running()
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch line = strings.Trim(line, "\x00\r\n"); {
		case line == "AUTH":
			_, _ = c.Write([]byte("REJECTED EXTERNAL\r\n"))
		case strings.HasPrefix(line, "AUTH EXTERNAL"):
			_, _ = c.Write([]byte("OK 0123456789abcdef0123456789abcdef\r\n"))
		case line == "BEGIN":
			b.talk(c, in)
			return
		default:
			_, _ = c.Write([]byte("ERROR\r\n"))
		}
	}
	_, _ = in.ReadByte()
	for { // until the client gives up
		if _, err := in.ReadByte(); err != nil {
			return
		}
	}
}

func (b *bus) talk(c net.Conn, in *bufio.Reader) {
	for {
		b.running()
		call, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		if call.Type != dbus.TypeMethodCall {
			continue
		}
		b.running()
		b.reply(call, b.handle(call))
		if member, _ := call.Headers[dbus.FieldMember].Value().(string); b.then != nil {
			b.then(b, member)
		}
	}
}

// handle returns a body, or an error.
func (b *bus) handle(call *dbus.Message) any {
	member, _ := call.Headers[dbus.FieldMember].Value().(string)
	destination, _ := call.Headers[dbus.FieldDestination].Value().(string)
	if destination == busName {
		switch member {
		case "Hello":
			return []any{":1.42"}
		case "GetNameOwner":
			return []any{systemd}
		case "AddMatch":
			b.mu.Lock()
			b.rules = append(b.rules, call.Body[0].(string))
			b.mu.Unlock()
		}
		return []any{}
	}
	if member == "Subscribe" {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.subscribed {
			return dbus.Error{Name: alreadySubscribed, Body: []any{"Client is already subscribed."}}
		}
		b.subscribed = true
		return []any{}
	}
	body, err := b.answer(b, member, call)
	if err != nil {
		return err
	}
	return body
}

func (b *bus) reply(call *dbus.Message, result any) {
	m := &dbus.Message{Type: dbus.TypeMethodReply, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(call.Serial()),
		dbus.FieldSender:      dbus.MakeVariant(systemd),
	}}
	switch r := result.(type) {
	case dbus.Error:
		m.Type, m.Body = dbus.TypeError, r.Body
		m.Headers[dbus.FieldErrorName] = dbus.MakeVariant(r.Name)
	case []any:
		m.Body = r
	}
	b.send(m)
}

// removed means that a job has ended.
func (b *bus) removed(sender, job, result string) {
	b.signal(sender, systemdPath, managerIface+".JobRemoved", uint32(1), dbus.ObjectPath(job), "kresd@1.service", result)
}

// changed means that properties of a unit have changed.
func (b *bus) changed(sender, unit string) {
	b.signal(sender, unitPath(unit), busName+".Properties.PropertiesChanged",
		unitIface, map[string]dbus.Variant{"ActiveState": dbus.MakeVariant("failed")}, []string{})
}

// signal sends a signal to the client, whatever its match rules are.
func (b *bus) signal(sender string, path dbus.ObjectPath, name string, body ...any) {
	dot := strings.LastIndexByte(name, '.')
	b.send(&dbus.Message{Type: dbus.TypeSignal, Flags: dbus.FlagNoReplyExpected, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldSender:    dbus.MakeVariant(sender),
		dbus.FieldPath:      dbus.MakeVariant(path),
		dbus.FieldInterface: dbus.MakeVariant(name[:dot]),
		dbus.FieldMember:    dbus.MakeVariant(name[dot+1:]),
	}, Body: body})
}

func (b *bus) send(m *dbus.Message) {
	if len(m.Body) > 0 {
		m.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(m.Body...))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_ = m.EncodeTo(b.conn, binary.LittleEndian)
}
