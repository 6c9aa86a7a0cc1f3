// SPDX-License-Identifier: Apache-2.0

package config

import "errors"

// DomainName gives a domain name in the form that the configuration has it in:
// A-labels (RFC 5890), lower case, no final dot but for the root.
func DomainName(s string) (string, error) {
	name, message := domainName(s)
	if message != "" {
		return "", errors.New(message)
	}
	return name, nil
}
