// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
)

// maxReference is the longest reference accepted from a client, in bytes.
const maxReference = 64

// reference returns the name under which this request appears in the answer
// and in the log: the one the client sent in X-Reference-Id if it is harmless
// in a log line, otherwise a random one.
func reference(r *http.Request) string {
	if id := r.Header.Get("X-Reference-Id"); wellFormedReference(id) {
		return id
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand.Read
	return hex.EncodeToString(b[:])
}

func wellFormedReference(id string) bool {
	if id == "" || len(id) > maxReference {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
