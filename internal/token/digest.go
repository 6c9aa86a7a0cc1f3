// SPDX-License-Identifier: Apache-2.0

package token

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"strings"
)

// Prefix begins the hash of a token where the token itself could stand.
const Prefix = "sha256:"

// Digest is the SHA-256 of a token. A slow hash would gain nothing: it is for secrets
// that people choose, which can be guessed. A token of [New] has 256 random bits, and
// one of at least [Min] bytes is meant to be as random.
type Digest [sha256.Size]byte

// Of is the digest of a token.
func Of(token string) Digest { return sha256.Sum256([]byte(token)) }

// String is the digest as it stands in a file or a configuration.
func (d Digest) String() string { return Prefix + hex.EncodeToString(d[:]) }

// Equal compares in the same time whatever the digests are.
func (d Digest) Equal(other Digest) bool { return subtle.ConstantTimeCompare(d[:], other[:]) == 1 }

// Hashed reports whether a text is the hash of a token, or meant to be.
func Hashed(text string) bool { return strings.HasPrefix(text, Prefix) }

// Parse is the digest of what stands in a file or a configuration: a token, or its
// hash. The text is not in the error: it may be a token.
func Parse(text string) (Digest, error) {
	if !Hashed(text) {
		return Of(text), nil
	}
	var d Digest
	b, err := hex.DecodeString(text[len(Prefix):])
	if err != nil || len(b) != len(d) {
		return d, errors.New("the hash of a token is sha256: and 64 hexadecimal digits; kresctl token hash makes it")
	}
	return Digest(b), nil
}

// New returns a token of 256 random bits.
func New() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand.Read
	return hex.EncodeToString(b[:])
}
