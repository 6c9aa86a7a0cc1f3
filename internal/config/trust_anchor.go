// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"kresd-manager/internal/config/text"
)

// checkTrustAnchor looks at the zone-file text of a DS (RFC 4034 section 5.3)
// or DNSKEY record (section 2.2) and gives its owner. Text that uses more of
// the zone-file format than one plain line is left to the daemon, and so are
// the names of algorithms; the owner is then "".
func checkTrustAnchor(record string) (owner, message string) {
	if strings.ContainsAny(record, "()\\;\"$\n@") {
		return "", ""
	}
	fields := strings.Fields(record)
	if len(fields) == 0 {
		return "", "the trust anchor is empty"
	}
	owner, message = domainName(fields[0])
	if message != "" {
		return "", message
	}
	rest := fields[1:]
	for len(rest) > 0 && (strings.EqualFold(rest[0], "IN") || text.IsDigit(rest[0][0])) {
		rest = rest[1:] // class and TTL, in either order
	}
	if len(rest) < 5 {
		return owner, quoteShort(record) + " is not a whole record"
	}
	var err error
	data := strings.Join(rest[4:], "")
	switch strings.ToUpper(rest[0]) {
	case "DS":
		_, err = hex.DecodeString(data)
	case "DNSKEY":
		_, err = base64.StdEncoding.DecodeString(data)
	default:
		return owner, quoteShort(rest[0]) + " is not a type of trust anchors"
	}
	if err != nil {
		return owner, "the key data of the trust anchor is damaged"
	}
	if _, err := strconv.ParseUint(rest[1], 10, 16); err != nil {
		return owner, quoteShort(rest[1]) + " is not a number up to 65535"
	}
	return owner, ""
}
