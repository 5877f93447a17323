from pathlib import Path

from modelwise.agent.settings import Settings, read_settings


def test_an_empty_environment_is_the_embedded_default() -> None:
    assert read_settings({}) == Settings()


def test_an_empty_variable_is_as_unset() -> None:
    assert read_settings({"MODELWISE_LLM": " ", "MODELWISE_DATA": ""}) == Settings()


def test_each_variable_is_read() -> None:
    stated = read_settings({
        "MODELWISE_LLM": "qwen-flash",
        "MODELWISE_EMBEDDER": "sentence-transformers:/models/e5",
        "MODELWISE_CHROMA_URL": "http://127.0.0.1:8000",
        "MODELWISE_DATABASE_URL": "postgresql://127.0.0.1/modelwise",
        "MODELWISE_DATA": "/data",
        "MODELWISE_SOURCES": "/articles",
    })  # fmt: skip
    assert (stated.llm, stated.embedder) == ("qwen-flash", "sentence-transformers:/models/e5")
    assert (stated.data, stated.sources) == (Path("/data"), Path("/articles"))
    assert (stated.chroma_url, stated.database_url) == ("http://127.0.0.1:8000", "postgresql://127.0.0.1/modelwise")
