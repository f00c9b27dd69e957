package accounts

import "testing"

func TestNetworks(t *testing.T) {
	for from, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::9": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "203.0.113.7, 8.8.8.8": "", "x": "",
	} {
		if got := network(from); got != want {
			t.Errorf("network(%q) = %q, want %q", from, got, want)
		}
	}
}
