"""What nvidia-smi prints for people: cards and processes, each with its bytes."""

from tests.parsing.reading import read

NVIDIA_QUERY = b"""
==============NVSMI LOG==============

Timestamp                                 : Thu Sep  9 10:21:48 2021
Driver Version                            : 470.57.02

Attached GPUs                             : 1
GPU 00000000:01:00.0
    Product Name                          : NVIDIA GeForce RTX 3080
    MIG Mode
        Current                           : N/A
    GPU UUID                              : GPU-5ba1
    Performance State                     : P2
    FB Memory Usage
        Total                             : 10240 MiB
        Used                              : 4800 MiB
    BAR1 Memory Usage
        Used                              : 7 MiB
    Utilization
        Gpu                               : 100 %
    Power Readings
        Power Draw                        : 230.10 W
        Power Limit                       : N/A
    Processes
        GPU instance ID                   : N/A
        Process ID                        : 4711
            Type                          : C
            Name                          : /opt/xmrig --algo=rx/0
            Used GPU Memory               : 4700 MiB
        GPU instance ID                   : N/A
        Process ID                        : 4712
            Type                          : G
            Name                          : /usr/lib/xorg/Xorg
            Used GPU Memory               : 20 MiB
    Capabilities
        EGM                               : disabled

# gpu        pid  type    sm   mem   enc   dec   command
# Idx          #   C/G     %     %     %     %   name
    0       4711     C    99    80     -     -   xmrig
Help: 0 4711 C 99 80
"""


def test_nvidia_smi_in_words_tells_of_each_card_and_of_its_processes() -> None:
    events, said, _ = read(NVIDIA_QUERY)
    assert said["format"] == "nvidia-smi"
    found = [(event["event_action"], event["attrs"], event.get("process_pid")) for event in events]
    card = {
        "gpu": "00000000:01:00.0", "name": "NVIDIA GeForce RTX 3080", "uuid": "GPU-5ba1", "state": "P2", "total": "10240 MiB",
        "used": "4800 MiB", "load": "100 %", "power": "230.10 W",
    }  # fmt: skip
    miner = {
        "gpu": "00000000:01:00.0",
        "pid": "4711",
        "type": "C",
        "name": "/opt/xmrig --algo=rx/0",
        "memory": "4700 MiB",
    }
    other = miner | {"pid": "4712", "type": "G", "name": "/usr/lib/xorg/Xorg", "memory": "20 MiB"}
    assert found == [
        ("gpu_listing", {"driver": "470.57.02"}, None), ("gpu_load", card, None), ("gpu_process", miner, 4711), ("gpu_process", other, 4712),
        ("gpu_process", {"gpu": "0", "pid": "4711", "type": "C", "name": "xmrig"}, 4711),
    ]  # fmt: skip
    assert {event["ts"] for event in events} == {events[0]["ts"]}
    assert events[2]["process_executable"] == "/opt/xmrig --algo=rx/0"
    assert events[2]["rule_labels"]
    assert "rule_labels" not in events[3]
    pieces = [NVIDIA_QUERY[one["raw_offset"] : one["raw_offset"] + one["raw_length"]] for one in events]
    assert pieces[1].startswith(b"GPU 0000")
    assert b"230.10 W" in pieces[1]
    assert pieces[3].strip().startswith(b"GPU instance")
    assert pieces[3].strip().endswith(b": 20 MiB")
    assert said["unparsed_reasons"] == {"other": 4}
