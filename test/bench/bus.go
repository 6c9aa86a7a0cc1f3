// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// messages counts what our manager and systemd say to each other.
func (b *bench) messages(ctx context.Context) error {
	names, err := b.ours.sh(ctx, `pid=$(systemctl show -P MainPID kresd-manager.service)
busctl list --unique --no-legend | awk -v pid=$pid '$2 == pid { print $1 }'`)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what string
		do   func() error
	}{
		{"GET /v1/status", func() error { _, err := b.looksOnce(ctx); return err }},
		{"a PUT that changes nothing", func() error {
			_, err := b.ours.change(ctx, addressPointer, `"`+benchAddress+`"`)
			return err
		}},
		{"a rules-only change", func() error { _, err := b.ours.change(ctx, addressPointer, b.ours.newAddress()); return err }},
		{fmt.Sprintf("a change that rolls %d workers", workers), func() error { _, err := b.ours.roll(ctx); return err }},
	} {
		t, err := b.traffic(ctx, strings.Fields(names), c.do)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		r := b.addTo(steady, "D-Bus messages for "+c.what, number)
		r.ours = sample{float64(t.messages)}
		r.addNote("%d bytes", t.bytes)
	}
	return b.restored(ctx, nil)
}

func (b *bench) looksOnce(ctx context.Context) (string, error) {
	c, err := b.ours.dial(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.do("GET", "/v1/status", "")
}

// busTraffic is what went over the bus.
type busTraffic struct{ messages, bytes int }

// traffic counts what goes over the bus from and to names while something is done, and
// for half a second more, in which a manager may look at what came of it.
func (b *bench) traffic(ctx context.Context, names []string, do func() error) (t busTraffic, err error) {
	pause(ctx, time.Second)
	const script = `rm -f /run/bench.pcap
dbus-monitor --system --pcap >/run/bench.pcap 2>/dev/null & echo $!
for ((i = 0; i < 100; i++)); do [ -s /run/bench.pcap ] && exit; sleep 0.05; done; exit 1`
	pid, err := b.ours.sh(ctx, script)
	if err != nil {
		return t, err
	}
	err = do()
	pause(ctx, 500*time.Millisecond)
	if _, kerr := b.ours.sh(ctx, "kill "+strings.TrimSpace(pid)); err == nil {
		err = kerr
	}
	if err != nil {
		return t, err
	}
	text, err := b.ours.m.ReadFile("/run/bench.pcap")
	if err != nil {
		return t, err
	}
	return count(text, names)
}

// count counts the messages of names in a capture (pcap-savefile(5)). A signal goes to
// whoever has a rule for it; ours has those for its units.
func count(capture []byte, names []string) (t busTraffic, err error) {
	const fileHeader, recordHeader = 24, 16
	if len(capture) < fileHeader {
		return t, fmt.Errorf("a capture of %d bytes", len(capture))
	}
	for rest := capture[fileHeader:]; len(rest) >= recordHeader; {
		size := int(binary.NativeEndian.Uint32(rest[8:]))
		if len(rest) < recordHeader+size {
			break // cut by the end
		}
		message := rest[recordHeader : recordHeader+size]
		rest = rest[recordHeader+size:]
		if concerns(message, names) {
			t.messages++
			t.bytes += size
		}
	}
	return t, nil
}

// concerns reports whether a message is from or to one of some names, or a signal about a
// unit of ours. Names and paths are in the header as they are (D-Bus specification,
// "Message Format").
func concerns(message []byte, names []string) bool {
	if len(message) < 16 {
		return false
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if message[0] == 'B' {
		order = binary.BigEndian
	}
	header := string(message[:min(len(message), 16+int(order.Uint32(message[12:])))])
	for _, name := range names {
		if strings.Contains(header, "\x00"+name+"\x00") {
			return true
		}
	}
	const signal = 4
	return message[1] == signal && strings.Contains(header, "/org/freedesktop/systemd1/unit/kres") && strings.Contains(header, "PropertiesChanged")
}
