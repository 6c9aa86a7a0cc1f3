// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"strings"
	"testing"
)

// sent is the beginning of one on the bus, and some bytes of its body.
func sent(kind byte, header string) []byte {
	m := []byte{'l', kind, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0}
	m = binary.LittleEndian.AppendUint32(m, uint32(len(header)))
	return append(append(m, header...), ":1.7"...)
}

func TestCountsTheMessagesOfNames(t *testing.T) {
	capture := make([]byte, 24)
	size := 0
	for _, m := range []struct {
		message []byte
		counts  bool
	}{
		{sent(1, "\x04\x00\x00\x00:1.7\x00"), true},
		{sent(2, "\x05\x00\x00\x00:1.77\x00"), false},
		{sent(1, "\x04\x00\x00\x00:1.8\x00"), false}, // the name is in its body only
		{sent(4, "/org/freedesktop/systemd1/unit/kresd_401_2eservice\x00PropertiesChanged\x00"), true},
		{sent(4, "/org/freedesktop/systemd1/unit/cron_2eservice\x00PropertiesChanged\x00"), false},
	} {
		record := binary.NativeEndian.AppendUint32(make([]byte, 8), uint32(len(m.message)))
		record = append(append(record, 0, 0, 0, 0), m.message...)
		capture = append(capture, record...)
		if m.counts {
			size += len(m.message)
		}
	}
	got, err := count(append(capture, 1, 2, 3), []string{":1.7"})
	if err != nil || got != (busTraffic{2, size}) {
		t.Errorf("counted %+v %v, want 2 messages and %d bytes", got, err, size)
	}
	if _, err := count(nil, nil); err == nil {
		t.Error("nothing is a capture")
	}
}

func TestStretches(t *testing.T) {
	for counts, want := range map[string]int{
		"1 1 1 1":           0,
		"1 2 2 2":           0, // of whoever has just been there
		"1 1 2 3 4 4 4":     1,
		"1 1 2 2 3 3 3 4 5": 3,
	} {
		if got := stretches(strings.Fields(counts)); got != want {
			t.Errorf("%s: %d, want %d", counts, got, want)
		}
	}
}
