// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"kresd-manager/internal/config"
)

// views writes an action for every client subnet of every view.
func (s *script) views(views []config.View) {
	if len(views) == 0 {
		return
	}
	s.section("views")
	s.line("local function view(subnet, destination, protocols, action)")
	s.line("\tlocal set = 0")
	s.line("\tfor _, p in ipairs(protocols) do set = set + 2 ^ C['KR_PROTO_' .. p] end")
	s.line("\tif C.kr_view_insert_action(subnet, destination, set, action) ~= 0 then")
	s.line("\t\terror(string.format('/views: kresd refuses the subnet %%s', subnet), 0)")
	s.line("\tend")
	s.line("end")
	for _, v := range views {
		destination := "''"
		if v.DstSubnet != nil {
			destination = quote(v.DstSubnet.String())
		}
		var protocols []string
		for _, p := range v.Protocols {
			word := strings.ToUpper(p)
			if !slices.Contains(protocols, word) {
				protocols = append(protocols, word)
			}
		}
		s.parts(len(v.Subnets), func(i int) {
			// A query cannot come from one family and arrive at the other.
			subnet := v.Subnets[i]
			if v.DstSubnet != nil && v.DstSubnet.Addr().Is4() != subnet.Addr().Is4() {
				return
			}
			s.line("view(%s, %s, %s, %s)", quote(subnet.String()), destination, list(protocols), action(v))
		})
	}
}

// action is the Lua that makes the action of a view, which is Lua itself: it is
// evaluated for every request. Flags come first, the answer or the tags last.
func action(v config.View) string {
	var flags []string
	if !v.Options.Minimize {
		flags = append(flags, `"NO_MINIMIZE"`)
	}
	if !v.Options.DNS64 {
		flags = append(flags, `"DNS64_DISABLE"`)
	}
	if !v.Options.Fallback {
		flags = append(flags, `"FALLBACK_DISABLE"`)
	}
	var parts []string
	if len(flags) > 0 {
		parts = append(parts, quote("policy.FLAGS({"+strings.Join(flags, ",")+"})"))
	}
	if v.Options.PriceFactor != 1 {
		parts = append(parts, quote(fmt.Sprintf("policy.PRICE_FACTOR16(%d)", int64(math.RoundToEven(v.Options.PriceFactor*65536)))))
	}
	switch v.Answer {
	case "allow":
		parts = append(parts, "policy.TAGS_ASSIGN({})")
	case "refused":
		parts = append(parts, quote("policy.REFUSE"))
	case "noanswer":
		parts = append(parts, quote("policy.NO_ANSWER"))
	default:
		parts = append(parts, "policy.TAGS_ASSIGN("+list(v.Tags)+")")
	}
	return "policy.COMBINE({ " + strings.Join(parts, ", ") + " })"
}
