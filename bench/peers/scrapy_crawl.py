# mypy: ignore-errors
"""Crawls a whole site with Scrapy and keeps the raw bodies in a SQLite file; prints what it cost as JSON.

Runs in the environment of Scrapy, where the project's own packages are missing. No Markdown, no index, no jobs.

Usage: scrapy_crawl.py URL DATABASE
"""

import json
import sqlite3
import sys
from urllib.parse import urlsplit

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.linkextractors import LinkExtractor

URL, DATABASE = sys.argv[1:]


class SiteSpider(scrapy.Spider):
    name = "site"
    start_urls = (URL,)
    custom_settings = {  # noqa: RUF012 - as Scrapy has it
        "CONCURRENT_REQUESTS": 8,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": False,
        "LOG_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
    }

    def __init__(self, **keys):
        super().__init__(**keys)
        self.links = LinkExtractor(allow_domains=[urlsplit(URL).netloc])
        self.database = sqlite3.connect(DATABASE)
        self.database.execute("CREATE TABLE pages (url TEXT PRIMARY KEY, body BLOB)")

    def parse(self, response):
        if not isinstance(response, scrapy.http.HtmlResponse):
            return
        self.database.execute("INSERT OR IGNORE INTO pages VALUES (?, ?)", (response.url, response.body))
        for link in self.links.extract_links(response):
            yield response.follow(link, self.parse)

    def closed(self, reason):
        self.database.commit()


process = CrawlerProcess()
crawler = process.create_crawler(SiteSpider)
process.crawl(crawler)
process.start()
stats = crawler.stats.get_stats()
print(json.dumps({"seconds": stats["elapsed_time_seconds"]}))
