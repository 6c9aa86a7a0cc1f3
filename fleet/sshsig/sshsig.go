// SPDX-License-Identifier: Apache-2.0

// Package sshsig verifies signatures that ssh-keygen -Y sign makes, by keys that an
// allowed_signers file names (ssh-keygen(1), "ALLOWED SIGNERS"; the format is OpenSSH's
// PROTOCOL.sshsig). Keys stay where people have them, in files, agents or hardware; it
// makes no signature.
package sshsig

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	magic   = "SSHSIG"
	version = 1
	begin   = "-----BEGIN SSH SIGNATURE-----"
	most    = 16 << 10 // bytes of an armored signature
)

// blob is a signature without its magic.
type blob struct {
	Version   uint32
	PublicKey []byte
	Namespace string
	Reserved  string
	Hash      string
	Signature []byte
}

// signed is what a signature is made of, without the magic.
type signed struct {
	Namespace string
	Reserved  string
	Hash      string
	Digest    []byte
}

// Verify returns who has signed a message in a namespace: the principals of the line of
// the first signer whose key that is. now is for signers with a time limit.
func Verify(message, armored []byte, namespace string, signers []Signer, now time.Time) (principals []string, err error) {
	b, err := parse(armored)
	if err != nil {
		return nil, err
	}
	if b.Namespace != namespace {
		return nil, fmt.Errorf("the signature is for %q, not for %q; sign with ssh-keygen -Y sign -n %s", b.Namespace, namespace, namespace)
	}
	key, err := ssh.ParsePublicKey(b.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("the signature has a key that cannot be read: %w", err)
	}
	var sig ssh.Signature
	if err := ssh.Unmarshal(b.Signature, &sig); err != nil {
		return nil, fmt.Errorf("the signature cannot be read: %w", err)
	}
	if sig.Format == ssh.KeyAlgoRSA { // SHA-1, which PROTOCOL.sshsig forbids
		return nil, errors.New("the signature uses SHA-1, which is not safe; sign with a newer ssh-keygen")
	}
	var digest []byte
	switch b.Hash {
	case "sha256":
		h := sha256.Sum256(message)
		digest = h[:]
	case "sha512":
		h := sha512.Sum512(message)
		digest = h[:]
	default:
		return nil, fmt.Errorf("the signature uses the hash %q, not sha256 or sha512", b.Hash)
	}
	data := append([]byte(magic), ssh.Marshal(signed{b.Namespace, b.Reserved, b.Hash, digest})...)
	if err := key.Verify(data, &sig); err != nil {
		return nil, errors.New("the signature is not of this text: it was changed after it was signed, or signed by another key")
	}
	return who(key, namespace, signers, now)
}

// who finds the signer of a key, or says why none counts.
func who(key ssh.PublicKey, namespace string, signers []Signer, now time.Time) ([]string, error) {
	reason := fmt.Errorf("signed by %s, which no line of the allowed signers names", ssh.FingerprintSHA256(key))
	for _, s := range signers {
		if !bytes.Equal(s.Key.Marshal(), key.Marshal()) {
			continue
		}
		name := strings.Join(s.Principals, ",")
		switch {
		case len(s.Namespaces) > 0 && !slices.ContainsFunc(s.Namespaces, func(n string) bool { return glob(n, namespace) }):
			reason = fmt.Errorf("signed by %s, who is allowed for %s only, not for %s", name, strings.Join(s.Namespaces, ","), namespace)
		case !s.After.IsZero() && now.Before(s.After):
			reason = fmt.Errorf("signed by %s, who is allowed from %s on", name, s.After.Format(time.RFC3339))
		case !s.Before.IsZero() && !now.Before(s.Before):
			reason = fmt.Errorf("signed by %s, who was allowed until %s", name, s.Before.Format(time.RFC3339))
		default:
			return s.Principals, nil
		}
	}
	return nil, reason
}

func parse(armored []byte) (b blob, err error) {
	if len(armored) > most {
		return b, fmt.Errorf("the signature has more than %d bytes", most)
	}
	text := bytes.TrimSpace(armored)
	p, rest := pem.Decode(text)
	if p == nil || p.Type != "SSH SIGNATURE" || !bytes.HasPrefix(text, []byte(begin)) || len(bytes.TrimSpace(rest)) > 0 || len(p.Headers) > 0 {
		return b, errors.New("there is no signature, or more than one; ssh-keygen -Y sign makes one")
	}
	raw, ok := bytes.CutPrefix(p.Bytes, []byte(magic))
	if !ok {
		return b, errors.New("what stands in place of the signature is none")
	}
	if err := ssh.Unmarshal(raw, &b); err != nil {
		return b, errors.New("the signature is cut off or broken")
	}
	if b.Version != version {
		return b, fmt.Errorf("the signature is of version %d, and this program knows %d", b.Version, version)
	}
	return b, nil
}

// Armor is the text of a signature by a key at hand. It is for tests and programs that
// hold a key; people have ssh-keygen.
func Armor(message []byte, namespace string, key ssh.Signer) ([]byte, error) {
	digest := sha512.Sum512(message)
	data := append([]byte(magic), ssh.Marshal(signed{namespace, "", "sha512", digest[:]})...)
	sig, err := key.Sign(nil, data)
	if err != nil {
		return nil, fmt.Errorf("cannot sign: %w", err)
	}
	raw := append([]byte(magic), ssh.Marshal(blob{version, key.PublicKey().Marshal(), namespace, "", "sha512", ssh.Marshal(sig)})...)
	text := base64.StdEncoding.EncodeToString(raw)
	var out strings.Builder
	out.WriteString(begin + "\n")
	for len(text) > 70 {
		out.WriteString(text[:70] + "\n")
		text = text[70:]
	}
	out.WriteString(text + "\n-----END SSH SIGNATURE-----\n")
	return []byte(out.String()), nil
}
