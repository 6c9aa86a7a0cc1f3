// SPDX-License-Identifier: Apache-2.0

package rewrite

// region is where a value stands in a text.
type region struct {
	form       layoutForm
	start, end int // offsets; the same for a null that is not written
	body       int // start without an anchor
	column     int // of the keys or dashes of a block collection, from 0
	parts      []part
	aliases    bool // there are aliases in it
}

// part is a member of an object or list.
type part struct {
	start int // of the key, the dash, or of an element in brackets
	after int // offset after the colon or dash; start of an element in brackets
	value region
}

// layoutForm is how a value is written.
type layoutForm uint8

const (
	scalarText layoutForm = iota
	blockScalar
	blockObject
	blockList
	flowObject // in braces
	flowList   // in brackets
	aliasText
)
