// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Rank is the place of a host in the order of a rollout: 16 hexadecimal digits, which
// sort as the numbers that they are. It is text because many readers of JSON lose the
// last digits of such a number. The lowest goes first.
type Rank string

// RankOf is the rank of a host in a rollout. The machine ID stays secret, as
// machine-id(5) asks for; the name of the host is in it because machines that were
// cloned share that ID.
func RankOf(machineID, host string, rollout int) Rank {
	h := hmac.New(sha256.New, []byte(machineID))
	fmt.Fprintf(h, "kres-fleet %d %s", rollout, host)
	return Rank(hex.EncodeToString(h.Sum(nil)[:8]))
}

func (r Rank) valid() bool {
	b, err := hex.DecodeString(string(r))
	return err == nil && len(b) == 8 && Rank(hex.EncodeToString(b)) == r
}

// Share is what part of all ranks is not above it, more than 0 and at most 1.
func (r Rank) Share() float64 {
	v, err := strconv.ParseUint(string(r), 16, 64)
	if err != nil {
		return 1
	}
	return (float64(v) + 1) / (1 << 64)
}
