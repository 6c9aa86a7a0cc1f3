// SPDX-License-Identifier: Apache-2.0

// Package native writes to the journal in its own protocol
// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/), which has fields besides the text.
// What is logged, and what the fields mean, is left to package message; reading the
// journal is left to package journal.
package native

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// Bounds of one entry, in bytes. Its datagram fits into every socket's buffer then, and
// needs no file descriptor passed.
const (
	maxMessage = 32 << 10
	maxField   = 1 << 10
)

// field adds a field to an entry. A value of several lines, which only MESSAGE has,
// goes with its length before it.
func field(b *bytes.Buffer, name, value string) {
	limit := maxField
	if name == "MESSAGE" {
		limit = maxMessage
	}
	value = cut(value, limit)
	b.WriteString(name)
	if !strings.Contains(value, "\n") {
		b.WriteByte('=')
	} else {
		b.WriteByte('\n')
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(value)))
		b.Write(size[:])
	}
	b.WriteString(value)
	b.WriteByte('\n')
}

// cut shortens a text to so many bytes of whole characters, and shows that it did.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const more = "…"
	at := limit - len(more)
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[:at] + more
}
