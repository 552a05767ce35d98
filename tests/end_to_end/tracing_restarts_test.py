#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Agents that are restarted, killed or out of room in the middle of many traces: nothing that was told is lost or doubled."""
import harness
import hosts
import tracing_rig


class Restarts(tracing_rig.FourHosts):
    def test_agents_that_are_restarted_in_turn_during_traces(self):
        site = self.four()
        told = {}
        end = self.trace_on(site, "abcd", told)
        for host in site.network.hosts.values():
            before = len(told)
            site.stop_agent(host)
            site.start_agent(host)
            hosts.wait_for(lambda before=before: len(told) > before + 2, "traces go on")
        end()
        self.assertIn("console", told.values())
        # Neither of these asserts what is not so; a host that is stopping or starting may be too busy to look or to say.
        self.assertLessEqual(set(told.values()), {"console", "no_agent", "silent", "not_known", "refused"})
        site.await_same_chains(set(told))
        site.await_same_chains({self.assert_to_person(site)})

    def test_nothing_that_was_told_is_lost_by_a_kill(self):
        """Whoever was told a chain finds it later, although its stopd was killed in the middle of many traces."""
        site = self.four()
        told = {}
        end = self.trace_on(site, "abcd", told)
        for _ in range(3):
            before = len(told)
            hosts.wait_for(lambda before=before: len(told) > before + 4, "traces go on")
            site.stop_agent(site["d"], "KILL")
            hosts.wait_for(lambda: not site.processes(site["d"]), "all of it has ended")
            at_that_time = set(told)
            self.assertLessEqual(at_that_time, {chain["trace"] for chain in site.chains(site["d"])})
            site.start_agent(site["d"])
        end()
        site.await_same_chains(set(told), patience=60)

    def test_a_full_disk(self):
        site = self.four()
        d = site["d"]
        folder = site.folder(d) / "knowledge"
        site.stop_agent(d)
        self.assertEqual(d.run("mount", "-t", "tmpfs", "-o", "size=64k", "knowledge", folder).code, 0)
        site.start_agent(d)
        told = {self.assert_to_person(site)}
        d.run("dd", "if=/dev/zero", f"of={folder}/other", "bs=1k", "count=1000")
        for _ in range(8):
            told.add(self.assert_to_person(site))
        site.await_log(d, "the knowledge base is not on disk")
        # The others have it, and so has this host once there is room.
        site.await_same_chains(told, "abc")
        self.assertGreater(site.counters(d)["chains_unsaved"], 0)
        d.run("rm", f"{folder}/other")
        told.add(self.assert_to_person(site))
        site.await_same_chains(told)
        self.assertEqual(site.counters(d)["chains_unsaved"], 0)
        site.stop_agent(d, "KILL")
        site.await_same_chains(told)


if __name__ == "__main__":
    harness.main()
