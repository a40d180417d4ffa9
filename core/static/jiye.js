/* jiye.js - small helps on top of pages that work without it. No request is made from here. */
'use strict';

(() => {
	const body = document.body;

	/* An open menu closes by Escape and by a click elsewhere. */
	const menus = () => document.querySelectorAll('details.jy-menu[open], details.jy-more[open]');
	document.addEventListener('keydown', (event) => {
		if (event.key !== 'Escape') return;
		for (const menu of menus()) {
			menu.open = false;
			menu.querySelector('summary').focus();
		}
	});
	document.addEventListener('click', (event) => {
		for (const menu of menus()) {
			if (menu.classList.contains('jy-menu') && !menu.contains(event.target)) menu.open = false;
		}
	});

	/* A second click on a button that is already at work does nothing. The button stays enabled, so
	 * that its name and value are sent; coming back to the page wakes it again. */
	document.addEventListener('submit', (event) => {
		const form = event.target;
		if (form.method !== 'post') return;
		if (form.dataset.sent) {
			event.preventDefault();
			return;
		}
		form.dataset.sent = 'yes';
		if (event.submitter) event.submitter.setAttribute('aria-busy', 'true');
	});
	window.addEventListener('pageshow', () => {
		for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
		for (const button of document.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy');
	});

	/* <input type="checkbox" data-jy-all="ids"> ticks every box of that name in its form. */
	document.addEventListener('change', (event) => {
		const name = event.target.dataset && event.target.dataset.jyAll;
		if (!name || !event.target.form) return;
		for (const box of event.target.form.elements) {
			if (box.type === 'checkbox' && box.name === name && !box.disabled) box.checked = event.target.checked;
		}
	});

	/* <form data-jy-auto> is sent as soon as one of its choices changes. */
	document.addEventListener('change', (event) => {
		const form = event.target.form;
		if (form && 'jyAuto' in form.dataset && event.target.matches('select, [type=checkbox], [type=radio]'))
			form.requestSubmit();
	});

	/* The summary of errors is read out and reached first. */
	const summary = document.querySelector('[data-jy-errors]');
	if (summary) {
		summary.setAttribute('tabindex', '-1');
		summary.focus();
	}

	/* <canvas data-jy-chart="table-id"> draws the figures of a table with Chart.js, where a page loads it. */
	if (window.Chart) {
		Chart.defaults.font.family = getComputedStyle(body).fontFamily;
		for (const canvas of document.querySelectorAll('canvas[data-jy-chart]')) chart(canvas);
	}
	function chart(canvas) {
		const table = document.getElementById(canvas.dataset.jyChart);
		if (!table) return;
		const head = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
		const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));
		const colours = ['#14508c', '#c2571a', '#2c7a4b', '#7a4b9c'];
		canvas.hidden = false;
		new Chart(canvas, {
			type: canvas.dataset.jyKind || 'bar',
			data: {
				labels: rows.map((row) => row[0]),
				datasets: head.slice(1).map((label, i) => ({
					label,
					data: rows.map((row) => Number.parseFloat(row[i + 1].replace(/[^0-9.-]/g, '')) || 0),
					backgroundColor: colours[i % colours.length],
					borderColor: colours[i % colours.length],
				})),
			},
			options: { animation: false, maintainAspectRatio: false },
		});
	}
})();
