// SPDX-License-Identifier: Apache-2.0

package wire

// Trace is the body of a request to follow a request through a worker.
type Trace struct {
	Name string `json:"name"`           // a domain name
	Type string `json:"type,omitempty"` // of records; A unless it says otherwise
	From string `json:"from,omitempty"` // the address of a client, which is what views go by
	Unit string `json:"unit,omitempty"` // the worker; any unless it says otherwise
}
