// SPDX-License-Identifier: Apache-2.0

package access

import "slices"

// Bits of [Finding.Denied].
const (
	MayRead   = 4
	MaySearch = 1
)

// Bits of one class of a mode, inode(7).
const (
	mayRead   = MayRead
	mayWrite  = 2
	maySearch = MaySearch
)

// answer is what a mode says about a wish.
type answer uint8

const (
	no answer = iota
	yes
	unsure // there is an access control list that may say otherwise
)

// may reports whether an account gets all of the wanted bits. One class decides,
// even if another would give more.
func (who *Identity) may(want uint32, info *Info) answer {
	class := who.class(info)
	switch {
	case who.UID == 0:
		return yes // reading, writing and searching are never refused, capabilities(7)
	case class != "u" && info.ACL:
		return unsure // an access control list has no say about the owner, acl(5)
	case info.Mode>>shift[class]&want == want:
		return yes
	}
	return no
}

// class is the class of the mode that decides for an account.
func (who *Identity) class(info *Info) string {
	switch {
	case who.UID == info.UID:
		return "u"
	case slices.Contains(who.GIDs, info.GID):
		return "g"
	}
	return "o"
}

var shift = map[string]uint{"u": 6, "g": 3, "o": 0}
