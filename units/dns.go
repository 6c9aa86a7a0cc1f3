// SPDX-License-Identifier: Apache-2.0

package units

import "strconv"

// rcodes are the names of response codes in the registry of IANA (RFC 6895).
var rcodes = [...]string{
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI",
	16: "BADVERS", 17: "BADKEY", 18: "BADTIME", 19: "BADMODE", 20: "BADNAME", 21: "BADALG", 22: "BADTRUNC", 23: "BADCOOKIE",
}

// RCodeName is the name of a response code, or its number where it has none.
func RCodeName(code int) string {
	if code >= 0 && code < len(rcodes) && rcodes[code] != "" {
		return rcodes[code]
	}
	return "RCODE" + strconv.Itoa(code)
}

// extendedErrors say in words what the codes of RFC 8914 section 4, and those added to
// their registry since, mean.
var extendedErrors = [...]string{
	"other error", "unsupported DNSKEY algorithm", "unsupported DS digest type", "stale answer: the servers do not answer",
	"forged answer: a rule says so", "DNSSEC cannot be judged", "DNSSEC bogus: the answer does not fit its signatures",
	"a signature has expired", "a signature is not valid yet", "a DNSKEY is missing", "signatures are missing",
	"no key of the zone may sign", "proof of absence is missing", "an error that was cached", "the resolver is not ready",
	"blocked by a rule of this resolver", "censored by order of a third party", "filtered as the client has asked for",
	"prohibited: the client may not ask", "stale answer that the name does not exist", "the server is not responsible for the zone",
	"not supported", "no server of the zone can be reached", "network error", "invalid data",
	"a signature expired before it was valid", "too early for a request that was sent before the handshake", "unsupported NSEC3 iterations",
	"not conform with policy", "the answer was made by the resolver", "invalid query type",
}

// ExtendedErrorMeaning says in words what a code of RFC 8914 means.
func ExtendedErrorMeaning(code int) string {
	if code >= 0 && code < len(extendedErrors) {
		return extendedErrors[code]
	}
	return "error " + strconv.Itoa(code) + " of RFC 8914"
}
