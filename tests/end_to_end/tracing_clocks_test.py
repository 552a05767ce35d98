#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A host whose clock is wrong, by minutes, by hours, or from one moment to the next, in the middle of a chain."""
import os

import harness
import hosts
import tracing_rig
from wrong_clock import WrongClock

AGENT = "stopd: tracing"
MINUTE, HOUR = 60, 3600
OFF = "answers with a fact that is more than 2 hours off this host's clock: set the one that is wrong"


class Clocks(tracing_rig.FourHosts):
    def four_with(self, name, ahead=0):
        """Four hosts, one with a clock of its own.  Certificates and lists are five hours old: they are not what is tested."""
        self.needs(hosts.have("cc"), "cc")
        authority = WrongClock(self.folder / "clock_of_authority", -5 * HOUR)
        site = self.site(settings=tracing_rig.QUICK, without=name, authority_environment=authority.environment)
        self.clock = WrongClock(self.folder / "clock", ahead)
        site[name].environment = self.clock.environment
        site.start_agent(site[name])
        self.person = site.login("abcd")
        return site

    def assert_off(self, site, path, reached, who, off):
        """A trace ends before a host of which the one that asks it does not believe the time, and the log says that."""
        asker = site[who]
        before = len(asker.log_text())
        hops, end = site.trace(path)
        self.assertEqual([hop["host"] for hop in hops if hop["verified"]], site.in_turn(reached))
        self.assertEqual((end["end"], end["beyond"]["local"]["ip"]), ("unproven", site[off].address))
        hosts.wait_for(lambda: f"{off} {OFF}" in asker.log_text()[before:], lambda: f"the reason: {asker.log_text()[before:]}")
        return end["trace"]

    def test_minutes_and_nearly_two_hours(self):
        """What is promised: up to two hours nobody notices, and all chains are known to all."""
        site = self.four_with("b", -3 * MINUTE)
        told = set()
        for ahead in (-3 * MINUTE, 3 * MINUTE, -110 * MINUTE, 110 * MINUTE, 0):
            self.clock.set_ahead(ahead)
            with self.subTest(ahead=ahead):
                told |= {self.assert_to_person(site), self.assert_to_person(site, "ab")}
        site.await_same_chains(told)

    def doubts(self, site, host):
        """By trace, why a host does not believe a chain that it has; empty: it does."""
        return {chain["trace"]: chain.get("doubt", "") for chain in site.chains(host)}

    def not_believed(self, ahead):
        """A site of which b is not believed, nor does it believe others; two traces that have ended for that, the second b's."""
        site = self.four_with("b", ahead)
        return site, self.assert_off(site, "abcd", "cd", "c", "b"), self.assert_off(site, "ab", "b", "b", "a")

    def assert_right_again(self, site, told):
        """Once the clock is right, by itself."""
        processes = site.processes(site["b"])
        self.clock.set_ahead(0)
        told = {*told, self.assert_to_person(site), self.assert_to_person(site, "ab")}
        site.await_same_chains(told, "acd")
        hosts.wait_for(lambda: told <= set(self.doubts(site, site["b"])), "b has them, too")
        self.assertEqual(site.processes(site["b"]), processes)

    def test_hours_ahead(self):
        """It gets what others have found; what it finds itself stays there, as it would be from the future."""
        site, others, own = self.not_believed(3 * HOUR)
        site.await_same_chains({others})
        self.assert_right_again(site, {others})
        doubts = self.doubts(site, site["b"])
        self.assertEqual({trace for trace, doubt in doubts.items() if doubt}, {own})
        self.assertIn("from the future", doubts[own])
        self.assertNotIn(own, self.doubts(site, site["c"]))

    def test_hours_behind(self):
        """What it finds goes to others; what they find is kept by them, and goes to it when its clock is right."""
        site, others, own = self.not_believed(-3 * HOUR)
        site.await_same_chains({own})
        site.await_same_chains({others}, "acd")
        self.assertNotIn(others, self.doubts(site, site["b"]))
        self.assert_right_again(site, {others, own})

    def assert_traces_while_it_jumps(self, name, *jumps):
        site = self.four_with(name)
        processes = {each: site.processes(site[each]) for each in "abcd"}
        told = {}
        end = self.trace_on(site, "abcd", told)
        for ahead in (*jumps, 0):
            before = len(told)
            hosts.wait_for(lambda before=before: len(told) > before + 2, "traces go on")
            self.clock.set_ahead(ahead)
        before = len(told)
        hosts.wait_for(lambda before=before: len(told) > before + 2, "traces go on")
        end()
        self.assertIn("console", told.values())
        # Between the look at it and what is thought of that, a host can be hours off from itself.
        if "not_known" in told.values():
            self.assertIn(f"a fact is not believed: {name} {OFF}", site[name].log_text())
            self.assertIn("its own fact is not believed", site[name].log_text())
        self.assertLessEqual(set(told.values()), {"console", "unproven", "not_known"})
        site.await_same_chains({*told, self.assert_to_person(site)})
        self.assertEqual({each: site.processes(site[each]) for each in "abcd"}, processes)
        return told

    def test_a_clock_in_the_middle_that_jumps_during_traces(self):
        """By more than anybody believes."""
        told = self.assert_traces_while_it_jumps("c", 3 * HOUR, 0, -3 * HOUR, 30 * MINUTE)
        self.assertIn("unproven", told.values())

    def test_the_clock_of_who_traces_jumps_meanwhile(self):
        """By less at a time, so that all its chains are believed."""
        told = self.assert_traces_while_it_jumps("d", 90 * MINUTE, 0, -90 * MINUTE, 20 * MINUTE)
        self.assertEqual(set(told.values()), {"console"})

    def test_a_clock_before_its_certificate(self):
        """Tracing is off, with the reason, and on again when the clock is right."""
        site = self.four_with("b", -24 * HOUR)
        b = site["b"]
        site.await_log(b, "tracing is off, until its files change")
        self.assertIn("not yet valid", b.log_text())
        self.assertNotIn(AGENT, site.processes(b))
        told = {self.assert_ends_before(site, "b", "no_agent")}
        self.assertTrue(site.serves_stop("bc"))
        self.clock.set_ahead(0)
        os.utime(site.folder(b) / "host.crt")  # or it is looked at in ten minutes
        site.await_log(b, "tracing is on again")
        site.await_same_chains({*told, self.assert_to_person(site)})


if __name__ == "__main__":
    harness.main()
