// SPDX-License-Identifier: Apache-2.0

// Package migrate brings configurations of earlier versions of Knot Resolver 6
// up to date: keys that were renamed, moved or removed, and sections that once
// were turned on by being there.
//
// Nothing is lost or changes its meaning in silence: every edit is reported, values
// are carried over whatever they are, what is set under its new name already
// stays, and what cannot be carried over is left as it is. Comments and the
// order of YAML are kept.
//
// The package does not validate: what else is wrong stays wrong.
package migrate
