// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kresd-manager/test/product"
)

// reloading reloads, and prints the policy-loader's largest resident set in KiB.
const reloading = `kresctl reload --quiet & reload=$!
peak=0
while kill -0 $reload 2>/dev/null; do
	pid=$(systemctl show -p MainPID --value kres-policy-loader.service)
	now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status 2>/dev/null || true)
	[ "${now:-0}" -gt $peak ] && peak=$now
	sleep 0.02
done
wait $reload
echo $peak`

// large measures what many rules cost us: time, memory, and queries of those who ask
// meanwhile. Stock is not asked: it loads the same rules with the same program.
func (b *bench) large(ctx context.Context) error {
	const zone = "/etc/knot-resolver/large.rpz"
	if _, err := b.ours.sh(ctx, `{ echo '$ORIGIN rpz.'; echo '@ 3600 SOA . . 1 1 1 1 1'; seq 1000000 | sed 's/.*/blocked&.example CNAME ./'; } >`+zone); err != nil {
		return err
	}
	for _, c := range []struct{ what, text string }{
		{"1000000 RPZ rules", configuration + "  rpz:\n    - file: " + zone + "\n"},
		{"100000 local-data addresses", configuration + strings.TrimPrefix(addresses(100_000), "local-data:\n  addresses:\n")},
	} {
		took := b.add(c.what+": reload", seconds)
		memory := b.add(c.what+": the policy-loader's memory", bytes)
		lost := b.add(fmt.Sprintf("%s: queries lost meanwhile, %d q/s", c.what, loadQPS), number, zero())
		if err := b.ours.m.WriteFile(product.ConfigFile, []byte(c.text), 0o644); err != nil {
			return err
		}
		report, err := b.ours.under(ctx, loadQPS, func() error {
			began := time.Now()
			out, err := b.ours.sh(ctx, reloading)
			if err != nil {
				return err
			}
			b.ours.add(took, since(began))
			kib, err := strconv.Atoi(strings.TrimSpace(out))
			if err != nil {
				return fmt.Errorf("cannot read the memory of the policy-loader: %w", err)
			}
			b.ours.add(memory, float64(kib)*1024)
			return nil
		})
		if err != nil {
			return err
		}
		b.ours.add(lost, missing(report))
		lost.addNote("%s", toll{}.plus(report))
	}
	if err := b.largeReload(ctx, zone); err != nil { // and back to what other measures expect
		return err
	}
	if _, err := b.ours.sh(ctx, "rm "+zone); err != nil {
		return err
	}
	return b.memoryAfterLarge(ctx, "1000000 rules")
}
