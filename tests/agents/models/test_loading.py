"""The library is loaded with the first question, and asks nobody for anything when it is."""

import subprocess
import sys

LOADS = """
import sys

from quaero.jobs.manager.agent_manager import AgentManager
from quaero.jobs.worker.agent_worker import AgentWorker
from tests.agents.models.kit import KINDS, GistAgent, model_at

settings = {"base_url": "http://localhost:1/v1", "max_cost": 1.0, "price": {"input": 1.0, "output": 2.0}}
config = {"agent_type": "gist", "model": "openai-compatible:small", "model_settings": settings}
AgentManager([GistAgent()]).config_model.model_validate(config)
AgentWorker()
slow = {"pydantic_ai", "openai", "anthropic", "google.genai", "httpx2", "genai_prices"}
assert not slow & set(sys.modules), slow & set(sys.modules)

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen"):
        print(event, arguments)

sys.addaudithook(watch)

from quaero.agents.models.client import Client

for kind in KINDS:
    Client(model_at("http://localhost:1", kind), "sk-key")
assert slow <= set(sys.modules)
assert "logfire" not in sys.modules
"""


def test_nothing_slow_is_loaded_before_a_question_and_then_nobody_is_asked() -> None:
    done = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
