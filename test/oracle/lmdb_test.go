// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"encoding/binary"
	"errors"
)

// Constants of LMDB's file format (lmdb 0.9, mdb.c).
const (
	lmdbHeader = 16 // bytes before the content of a page
	lmdbMagic  = 0xBEEFC0DE
	lmdbBranch = 0x01 // flag of a page
	lmdbBig    = 0x01 // flag of a node: the value has pages of its own
	lmdbNone   = ^uint64(0)
)

// lmdbEntries returns what a database without named parts holds. It reads the
// file of a database that no one is writing to.
func lmdbEntries(file []byte) (map[string]string, error) {
	le := binary.LittleEndian
	if len(file) < 4096 {
		return nil, errors.New("the database has no header")
	}
	size := uint64(le.Uint32(file[lmdbHeader+24:]))
	var root, newest uint64
	found := false
	for page := uint64(0); page < 2 && (page+1)*size <= uint64(len(file)); page++ {
		meta := file[page*size+lmdbHeader:]
		if txn := le.Uint64(meta[128:]); le.Uint32(meta) == lmdbMagic && (!found || txn > newest) {
			found, newest, root = true, txn, le.Uint64(meta[72+40:])
		}
	}
	if !found {
		return nil, errors.New("the database has no valid header")
	}
	entries := map[string]string{}
	var walk func(number uint64) error
	walk = func(number uint64) error {
		if number == lmdbNone {
			return nil
		}
		if (number+1)*size > uint64(len(file)) {
			return errors.New("the database ends too early")
		}
		page := file[number*size : (number+1)*size]
		flags, lower := le.Uint16(page[10:]), int(le.Uint16(page[12:]))
		for at := lmdbHeader; at < lower; at += 2 {
			node := page[le.Uint16(page[at:]):]
			low, high, kind, keySize := uint64(le.Uint16(node)), uint64(le.Uint16(node[2:])), uint64(le.Uint16(node[4:])), le.Uint16(node[6:])
			if flags&lmdbBranch != 0 {
				if err := walk(low | high<<16 | kind<<32); err != nil {
					return err
				}
				continue
			}
			key, value := node[8:8+keySize], node[8+keySize:]
			if kind&lmdbBig != 0 {
				value = file[le.Uint64(value)*size+lmdbHeader:]
			}
			entries[string(key)] = string(value[:low|high<<16])
		}
		return nil
	}
	return entries, walk(root)
}
