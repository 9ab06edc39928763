package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCredentialValid(t *testing.T) {
	const tick = time.Microsecond
	for name, tt := range map[string]struct {
		credential Credential
		want       bool
	}{
		"with no end":                                {Credential{CreatedAt: now.Add(-time.Hour)}, true},
		"revoked":                                    {Credential{RevokedAt: now.Add(-time.Hour)}, false},
		"revoked by a clock ahead":                   {Credential{RevokedAt: now.Add(time.Hour)}, false},
		"that expires at once":                       {Credential{ExpiresAt: now}, false},
		"that is about to expire":                    {Credential{ExpiresAt: now.Add(tick)}, true},
		"never used, idle since it was made":         {Credential{CreatedAt: now.Add(-time.Hour), IdleTimeout: time.Hour}, false},
		"never used, made just before":               {Credential{CreatedAt: now.Add(tick - time.Hour), IdleTimeout: time.Hour}, true},
		"idle since its last use":                    {Credential{LastUsedAt: now.Add(-time.Hour), IdleTimeout: time.Hour}, false},
		"used just before":                           {Credential{LastUsedAt: now.Add(tick - time.Hour), IdleTimeout: time.Hour}, true},
		"made after its last use, by a clock behind": {Credential{CreatedAt: now, LastUsedAt: now.Add(-time.Hour), IdleTimeout: time.Hour}, true},
		"made by a clock somewhat ahead":             {Credential{CreatedAt: now.Add(time.Hour - tick), IdleTimeout: time.Hour}, true},
		"made by a clock years ahead":                {Credential{CreatedAt: now.AddDate(10, 0, 0), ExpiresAt: now.AddDate(10, 1, 0), IdleTimeout: time.Hour}, false},
		"used by a clock years ahead":                {Credential{CreatedAt: now, LastUsedAt: now.AddDate(10, 0, 0), IdleTimeout: time.Hour}, false},
		"used just before, but expired":              {Credential{LastUsedAt: now, IdleTimeout: time.Hour, ExpiresAt: now.Add(-tick)}, false},
	} {
		if got := tt.credential.Valid(now); got != tt.want {
			t.Errorf("a credential %s is valid: %v, want %v", name, got, tt.want)
		}
	}
}

func TestSecretsAreNotTold(t *testing.T) {
	hash := SecretHash{0xab, 0xcd, 0xef, 0x12}
	records := []any{hash, &hash, Credential{Kind: Session, Hash: hash}, Account{PasswordHash: "abcdef12"}}
	for _, r := range records[:3] {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
			got := strings.ToLower(fmt.Sprintf(verb, r))
			for _, secret := range []string{"abcdef12", "171, 205", "171 205", "0xab"} {
				if strings.Contains(got, secret) {
					t.Errorf("%s of a %T tells its hash: %s", verb, r, got)
				}
			}
		}
	}
	for _, r := range records[2:] {
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"abcdef12", "171,205", "q83v"} {
			if strings.Contains(string(data), secret) {
				t.Errorf("the JSON of a %T tells its hash: %s", r, data)
			}
		}
	}
}
