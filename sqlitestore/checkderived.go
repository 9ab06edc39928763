package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"example.com/ostraka/internal/sqlbackend"
	"example.com/ostraka/store"
)

// What SQL cannot compute is compared here with what it was computed from.

// wrongPrefixLengths compares the counts of prefix lengths with the rules.
func wrongPrefixLengths(ctx context.Context, q querier) ([]string, error) {
	counted := make(map[store.PrefixLen]int64)
	_, err := collect(ctx, q, func(rows *sql.Rows) (none struct{}, err error) {
		var key string
		if err := rows.Scan(&key); err != nil {
			return none, err
		}
		k, err := sqlbackend.ParseRuleKey(key)
		if n, ok := k.PrefixLen(); ok {
			counted[n]++
		}
		return none, err
	}, `SELECT key FROM ostraka_rules WHERE key >= 'i:' AND key < 'i;'`)
	if err != nil {
		return nil, err
	}
	var problems []string
	_, err = collect(ctx, q, func(rows *sql.Rows) (none struct{}, err error) {
		var l store.PrefixLen
		var n int64
		if err := rows.Scan(&l.IPv6, (*small)(&l.Bits), &n); err != nil {
			return none, err
		}
		if n != counted[l] {
			problems = append(problems, fmt.Sprintf("%d rules of prefix length %d (IPv6: %t) are counted as %d", counted[l], l.Bits, l.IPv6, n))
		}
		delete(counted, l)
		return none, nil
	}, `SELECT ipv6, bits, rules FROM ostraka_prefix_lengths`)
	for l, n := range counted {
		problems = append(problems, fmt.Sprintf("%d rules of prefix length %d (IPv6: %t) are not counted", n, l.Bits, l.IPv6))
	}
	slices.Sort(problems)
	return problems, err
}

// wrongHosts compares the hosts of addresses and aliases with their texts.
func wrongHosts(ctx context.Context, q querier) ([]string, error) {
	addresses, err := wrongAddressHosts(ctx, q)
	if err != nil {
		return nil, err
	}
	var aliases int
	err = each(ctx, q, func(rows *sql.Rows) error {
		var domain, host, destination, destinationHost string
		err := rows.Scan(&domain, &host, &destination, &destinationHost)
		if host != sqlbackend.HostKey(domain) || destinationHost != sqlbackend.HostKey(destination) {
			aliases++
		}
		return err
	}, `SELECT domain, host, destination, destination_host FROM ostraka_aliases`)
	var problems []string
	if addresses > 0 {
		problems = append(problems, fmt.Sprintf("%d addresses that are found by another host than theirs", addresses))
	}
	if aliases > 0 {
		problems = append(problems, fmt.Sprintf("%d aliases that are found by another host than theirs", aliases))
	}
	return problems, err
}

func wrongAddressHosts(ctx context.Context, q querier) (wrong int, err error) {
	var account int64
	var before []string // the hosts of the account's addresses so far
	err = each(ctx, q, func(rows *sql.Rows) error {
		var of int64
		var address, host string
		var shared int
		if err := rows.Scan(&of, &address, &host, &shared); err != nil {
			return err
		}
		if of != account {
			account, before = of, before[:0]
		}
		key := sqlbackend.HostKey(address)
		if host != key || shared != sqlbackend.SharedLabels(key, before) {
			wrong++
		}
		before = append(before, key)
		return nil
	}, `SELECT account, address, host, shared FROM ostraka_account_emails ORDER BY account, position`)
	return wrong, err
}
