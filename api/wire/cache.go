// SPDX-License-Identifier: Apache-2.0

package wire

// CacheClear is the body of a request to clear the cache. All may be left out:
// {} clears everything.
type CacheClear struct {
	Name      string `json:"name,omitempty"`       // a domain name and all below it
	ExactName bool   `json:"exact-name,omitempty"` // the name without what is below it
	RRType    string `json:"rr-type,omitempty"`    // with ExactName: records of this type only
	ChunkSize *int   `json:"chunk-size,omitempty"` // how many entries are removed at a time
}
